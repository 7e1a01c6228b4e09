package dev.lqmf.factory.feedback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.BnbMethod;
import dev.lqmf.factory.QuantizeJob;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.feedback.Prompts.Prompt;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.bnb.BnbOptions;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeedbackAgentTest {
  private static final Path EXAMPLE = Path.of("../examples/models/docs-llama-4m");

  @TempDir static Path results;

  @BeforeAll
  static void makeModels() throws IOException {
    for (GgufFileType type : List.of(GgufFileType.Q8_0, GgufFileType.Q4_K_M)) {
      new QuantizeJob(
              QuantizeRequest.of(EXAMPLE.toString(), List.of(type)).outputRoot(results).build(),
              new ScalarKernels())
          .run(_ -> {});
    }
    Path broken = Files.createDirectory(results.resolve("broken_gguf_Q8_0"));
    byte[] bytes =
        Files.readAllBytes(results.resolve("docs-llama-4m_gguf_Q8_0/docs-llama-4m-Q8_0.gguf"));
    Files.write(broken.resolve("broken.gguf"), Arrays.copyOf(bytes, bytes.length / 2));
    Path mute = Files.createDirectory(results.resolve("mute"));
    try (Stream<Path> files = Files.list(EXAMPLE)) {
      for (Path file : files.toList()) {
        if (!file.getFileName().toString().startsWith("tokenizer")) {
          Files.copy(file, mute.resolve(file.getFileName()));
        }
      }
    }
    new QuantizeJob(
            QuantizeRequest.of(EXAMPLE.toString(), new BnbMethod(BnbOptions.DEFAULT))
                .outputRoot(results)
                .build(),
            new ScalarKernels())
        .run(_ -> {});
    Files.createDirectory(results.resolve("empty"));
    Files.createDirectory(results.resolve(".partial_gguf_Q8_0"));
  }

  @Test
  void findsWhatIsThere() throws IOException {
    List<FoundModel> found = Discovery.scan(results);

    assertThat(found)
        .extracting(FoundModel::name)
        .containsExactly(
            "broken_gguf_Q8_0",
            "docs-llama-4m_bnb_4bit",
            "docs-llama-4m_gguf_Q4_K_M",
            "docs-llama-4m_gguf_Q8_0",
            "mute");
    assertThat(found)
        .extracting(FoundModel::method)
        .containsExactly("gguf", "bitsandbytes", "gguf", "gguf", "none");
    assertThat(found.get(0).problem()).isPresent();
    assertThat(found.get(2).format()).isEqualTo("Q4_K_M");
    assertThat(found.get(2).architecture()).isEqualTo("LlamaForCausalLM");
    assertThat(Discovery.scan(results.resolve("nowhere"))).isEmpty();
  }

  @Test
  void namesMayBeParts() throws IOException {
    List<FoundModel> found = Discovery.scan(results);

    assertThat(Discovery.named("q4_k_m", found).name()).isEqualTo("docs-llama-4m_gguf_Q4_K_M");
    assertThatThrownBy(() -> Discovery.named("docs", found))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("one of 3 models");
    assertThatThrownBy(() -> Discovery.named("mistral", found))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no model 'mistral'");
  }

  @Test
  void aSoundModelPasses() throws IOException {
    TestReport report = test("docs-llama-4m_gguf_Q8_0");

    assertThat(report.failure()).isEmpty();
    assertThat(report.passed()).isTrue();
    assertThat(report.runtime()).isEqualTo("llama.cpp");
    assertThat(report.answers()).hasSize(6);
    assertThat(report.answers()).allMatch(a -> a.tokens() > 0 && a.firstTextSeconds() > 0);
    assertThat(report.score()).isBetween(0.05, 1.0);
  }

  @Test
  void whatIsWrongIsAReport() throws IOException {
    TestReport broken = test("broken_gguf_Q8_0");
    assertThat(broken.passed()).isFalse();
    assertThat(broken.failure().orElseThrow()).contains("broken.gguf");
    assertThat(broken.score()).isZero();

    TestReport mute = test("mute");
    assertThat(mute.passed()).isFalse();
    assertThat(mute.failure().orElseThrow()).contains("tokenizer");
  }

  @Test
  void promptsAreManyAndOfAllKinds() {
    List<Prompt> prompts = Prompts.shipped();

    assertThat(prompts).hasSizeGreaterThanOrEqualTo(30);
    assertThat(Prompts.oneEach(prompts))
        .extracting(Prompt::category)
        .containsExactly("general", "reasoning", "code", "dialogue", "instruction", "long context");
  }

  @Test
  void aLineWithoutCategoryIsNamed(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("own.txt"), "# mine\ngeneral: Hi\nwhat\n");

    assertThatThrownBy(() -> Prompts.read(file))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("line 3");
  }

  private static TestReport test(String name) throws IOException {
    return FeedbackAgent.quick(Prompts.shipped())
        .test(Discovery.named(name, Discovery.scan(results)), _ -> {});
  }
}
