package dev.lqmf.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import dev.lqmf.testkit.TinyModels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextGeneratorTest {
  /** Each token is written as its number and a blank. */
  private static final Detokenizer NUMBERS =
      tokens -> {
        StringBuilder text = new StringBuilder();
        IntStream.of(tokens).forEach(t -> text.append(t).append(' '));
        return text.toString();
      };

  @TempDir private Path directory;

  private Generated generate(
      String name, int maxTokens, Sampling sampling, Set<Integer> stops, String... stopStrings)
      throws IOException {
    Path model = TinyModels.extract(name, "config.json", directory);
    StringBuilder pieces = new StringBuilder();
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS)) {
      Generated result =
          new TextGenerator(torch, NUMBERS)
              .generate(
                  new GenerationRequest(
                      expected(model).ids("input_ids"),
                      maxTokens,
                      sampling,
                      stops,
                      List.of(stopStrings)),
                  piece -> {
                    pieces.append(piece);
                    return true;
                  });
      assertThat(pieces).hasToString(result.text());
      return result;
    }
  }

  private static TinyModels.Values expected(Path model) throws IOException {
    return TinyModels.values(model.resolve("expected.safetensors"));
  }

  private int[] reference(String name) throws IOException {
    return expected(TinyModels.extract(name, "config.json", directory)).ids("generated");
  }

  @ParameterizedTest
  @ValueSource(strings = {"LlamaForCausalLM", "T5ForConditionalGeneration"})
  void greedyTextIsTheReference(String name) throws IOException {
    Generated result = generate(name, 16, Sampling.GREEDY, Set.of());

    assertThat(result.tokens().stream().mapToInt(Integer::intValue).toArray())
        .isEqualTo(reference(name));
    assertThat(result.text()).isEqualTo(NUMBERS.text(reference(name)));
    assertThat(result.end()).isEqualTo(Generated.End.LENGTH);
  }

  @Test
  void aStopTokenEndsTheText() throws IOException {
    int[] all = reference("LlamaForCausalLM");

    Generated result = generate("LlamaForCausalLM", 16, Sampling.GREEDY, Set.of(all[5]));

    int first = IntStream.range(0, all.length).filter(i -> all[i] == all[5]).findFirst().orElse(0);
    assertThat(result.tokens()).hasSize(first);
    assertThat(result.end()).isEqualTo(Generated.End.STOP_TOKEN);
  }

  @Test
  void aStopStringEndsTheTextAndIsNotPartOfIt() throws IOException {
    int[] all = reference("LlamaForCausalLM");
    String whole = NUMBERS.text(all);
    String stop = whole.substring(13, 19);

    Generated result = generate("LlamaForCausalLM", 16, Sampling.GREEDY, Set.of(), "never", stop);

    assertThat(result.text()).isEqualTo(whole.substring(0, whole.indexOf(stop)));
    assertThat(result.end()).isEqualTo(Generated.End.STOP_STRING);
  }

  @Test
  void aSeedRepeatsTheText() throws IOException {
    Sampling sampling = new Sampling(1.5, 50, 0.95, 0.01, 1.1, OptionalLong.of(3));

    Generated first = generate("Qwen2ForCausalLM", 24, sampling, Set.of());

    assertThat(generate("Qwen2ForCausalLM", 24, sampling, Set.of())).isEqualTo(first);
    assertThat(first.tokens().stream().mapToInt(Integer::intValue).limit(16).toArray())
        .isNotEqualTo(reference("Qwen2ForCausalLM"));
  }

  /** GPT-2 has learned positions, 128 of them. */
  @Test
  void theTextEndsWithTheContext() throws IOException {
    Generated result = generate("GPT2LMHeadModel", 500, Sampling.GREEDY, Set.of());

    assertThat(result.end()).isEqualTo(Generated.End.CONTEXT);
    assertThat(result.tokens()).hasSize(128 - 24 + 1);
  }

  @Test
  void aReceiverMayCancel() throws IOException {
    Path model = TinyModels.extract("LlamaForCausalLM", "config.json", directory);
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS)) {
      Generated result =
          new TextGenerator(torch, NUMBERS)
              .generate(
                  new GenerationRequest(
                      new int[] {1, 2, 3}, 50, Sampling.GREEDY, Set.of(), List.of()),
                  _ -> false);

      assertThat(result.end()).isEqualTo(Generated.End.CANCELLED);
      assertThat(result.tokens()).hasSize(1);
    }
  }

  @Test
  void anEncoderGeneratesNothing() throws IOException {
    Path model = TinyModels.extract("BertForMaskedLM", "config.json", directory);
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS)) {
      TextGenerator generator = new TextGenerator(torch, NUMBERS);
      GenerationRequest request =
          new GenerationRequest(new int[] {1}, 5, Sampling.GREEDY, Set.of(), List.of());

      assertThatThrownBy(() -> generator.generate(request, _ -> true))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("generates no text");
    }
  }

  /** Half characters and beginnings of stop strings are kept back. */
  @Test
  void textIsHandedOutWhenItIsCertain() {
    byte[] bytes = "aé END?END!".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Detokenizer utf8 =
        tokens -> {
          byte[] b = new byte[tokens.length];
          for (int i = 0; i < b.length; i++) {
            b[i] = (byte) tokens[i];
          }
          return new String(b, java.nio.charset.StandardCharsets.UTF_8);
        };
    TextStream stream = new TextStream(utf8, List.of("END!"));
    String[] pieces = new String[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      stream.add(bytes[i]);
      pieces[i] = stream.next();
    }

    assertThat(Arrays.asList(pieces))
        .containsExactly("a", "", "é", " ", "", "", "", "END?", "", "", "", "");
    assertThat(stream.stopped()).isTrue();
    assertThat(stream.rest()).isEmpty();
    assertThat(stream.text()).isEqualTo("aé END?");
  }
}
