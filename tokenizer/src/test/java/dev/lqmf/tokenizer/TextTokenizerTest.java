package dev.lqmf.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.GgufModel;
import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Against {@code cases.json}: texts with the ids of Transformers' {@code AutoTokenizer} and what it
 * makes of them again (Transformers 5.17.0, tokenizers 0.23.2).
 */
class TextTokenizerTest {
  private static final Path OWN = Path.of("src/test/resources/dev/lqmf/tokenizer");
  private static final Path GOLDEN = Path.of("../model/src/test/resources/dev/lqmf/model/golden");
  private static final Path EXAMPLES = Path.of("../examples/models");

  private static Path directory(String name) {
    for (Path parent : List.of(OWN, EXAMPLES, GOLDEN)) {
      if (Files.isRegularFile(parent.resolve(name).resolve("tokenizer.json"))) {
        return parent.resolve(name);
      }
    }
    throw new AssertionError("there is no tokenizer " + name);
  }

  private static List<JsonNode> cases(String name) throws IOException {
    JsonNode cases =
        JsonFiles.object(OWN.resolve("cases.json")).orElseThrow().path(name).path("cases");
    assertThat(cases.size()).isGreaterThan(30);
    return StreamSupport.stream(cases.spliterator(), false).toList();
  }

  private static int[] ids(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, GPT2LMHeadModel",
    "qwen2, Qwen2ForCausalLM",
    "llama3, LlamaForCausalLM",
    "bart, BartForConditionalGeneration",
    "opt, OPTForCausalLM",
    "bloom, BloomForCausalLM",
    "glm, GlmForCausalLM",
    "bert, BertForMaskedLM",
    "llama-spm, MistralForCausalLM",
    "phi3-spm-added, Phi3ForCausalLM",
    "gemma-spm, Gemma2ForCausalLM",
    "t5-unigram, T5ForConditionalGeneration",
    "docs-llama-4m, docs-llama-4m",
    "docs-gpt2-4m, docs-gpt2-4m"
  })
  void givesTheIdsAndTextsOfTransformers(String name, String model) throws IOException {
    SoftAssertions all = new SoftAssertions();
    try (TextTokenizer tokenizer = TextTokenizer.ofCheckpoint(directory(model))) {
      for (JsonNode each : cases(name)) {
        String text = each.path("text").asString();
        int[] ids = ids(each.path("ids"));
        int[] bare = ids(each.path("ids_without_special_tokens"));
        all.assertThat(tokenizer.encode(text, true)).as(text).isEqualTo(ids);
        all.assertThat(tokenizer.encode(text, false)).as(text).isEqualTo(bare);
        all.assertThat(tokenizer.decode(bare, false))
            .as(text)
            .isEqualTo(each.path("decoded").asString());
        all.assertThat(tokenizer.decode(ids, true))
            .as(text)
            .isEqualTo(each.path("decoded_skip_special").asString());
      }
    }
    all.assertAll();
  }

  /** Of these a GGUF says all that matters; Qwen's loses its Unicode normalization. */
  @ParameterizedTest
  @CsvSource({
    "gpt2, GPT2LMHeadModel",
    "llama3, LlamaForCausalLM",
    "bloom, BloomForCausalLM",
    "gemma-spm, Gemma2ForCausalLM",
    "docs-llama-4m, docs-llama-4m",
    "docs-gpt2-4m, docs-gpt2-4m"
  })
  void isRebuiltFromAGguf(String name, String model) throws IOException {
    GgufMetadata metadata;
    try (GgufModel gguf = GgufModel.fromCheckpoint(directory(model))) {
      metadata = gguf.metadata();
    }
    SoftAssertions all = new SoftAssertions();
    try (TextTokenizer tokenizer = TextTokenizer.ofGguf(model, metadata)) {
      for (JsonNode each : cases(name)) {
        String text = each.path("text").asString();
        int[] bare = ids(each.path("ids_without_special_tokens"));
        all.assertThat(tokenizer.encode(text, false)).as(text).isEqualTo(bare);
        all.assertThat(tokenizer.decode(bare, false))
            .as(text)
            .isEqualTo(each.path("decoded").asString());
      }
    }
    all.assertAll();
  }

  @Test
  void aSentencePieceModelOfAGgufPutsASpaceInFront() throws IOException {
    try (GgufModel gguf = GgufModel.fromCheckpoint(directory("MistralForCausalLM"));
        TextTokenizer rebuilt = TextTokenizer.ofGguf("Mistral", gguf.metadata());
        TextTokenizer original = TextTokenizer.ofCheckpoint(directory("MistralForCausalLM"))) {
      for (JsonNode each : cases("llama-spm")) {
        String text = each.path("text").asString();
        if (!text.isEmpty() && !text.contains("<")) {
          assertThat(rebuilt.encode(text, false))
              .as(text)
              .isEqualTo(original.encode(" " + text, false));
        }
      }
      assertThat(rebuilt.bos()).hasValue(1);
      assertThat(rebuilt.addsBos()).isTrue();
    }
  }

  @Test
  void knowsWhatBeginsAText() throws IOException {
    try (TextTokenizer llama = TextTokenizer.ofCheckpoint(directory("docs-llama-4m"));
        TextTokenizer gpt2 = TextTokenizer.ofCheckpoint(directory("docs-gpt2-4m"))) {
      assertThat(llama.bos()).hasValue(0);
      assertThat(llama.addsBos()).isTrue();
      assertThat(gpt2.bos()).hasValue(0);
      assertThat(gpt2.addsBos()).isFalse();
    }
  }

  @Test
  void takesSpecialTokensForTextIfAsked() throws IOException {
    try (TextTokenizer tokenizer = TextTokenizer.ofCheckpoint(directory("docs-llama-4m"));
        TextTokenizer plain = tokenizer.withoutSpecialTokensInText()) {
      String text = "a <|end_of_text|> b";

      assertThat(tokenizer.encode(text, false)).contains(1);
      assertThat(plain.encode(text, false)).doesNotContain(1);
      assertThat(plain.decode(plain.encode(text, false), false)).isEqualTo(text);
      assertThat(plain.encode("The kernel", true)).isEqualTo(tokenizer.encode("The kernel", false));
    }
  }

  @Test
  void readsALongTextInOnePiece() throws IOException {
    try (TextTokenizer tokenizer = TextTokenizer.ofCheckpoint(directory("docs-llama-4m"))) {
      String text = "The kernel module is loaded at boot time.\n".repeat(10_000);

      assertThat(tokenizer.decode(tokenizer.encode(text, false), false)).isEqualTo(text);
    }
  }

  @Test
  void makesATokenizerOfOtherFiles(@TempDir Path directory) throws IOException {
    Path source = directory("Gemma2ForCausalLM");
    try (Stream<Path> files = Files.list(source)) {
      for (Path file : files.toList()) {
        if (!file.endsWith("tokenizer.json")) {
          Files.copy(file, directory.resolve(file.getFileName()));
        }
      }
    }

    try (TextTokenizer made = TextTokenizer.ofCheckpoint(directory);
        TextTokenizer original = TextTokenizer.ofCheckpoint(source)) {
      for (JsonNode each : cases("gemma-spm")) {
        String text = each.path("text").asString();
        assertThat(made.encode(text, true)).as(text).isEqualTo(original.encode(text, true));
      }
    }
  }

  @Test
  void saysWhyThereIsNoTokenizer(@TempDir Path directory) throws IOException {
    Files.copy(
        directory("GPT2LMHeadModel").resolve("config.json"), directory.resolve("config.json"));

    assertThatThrownBy(() -> TextTokenizer.ofCheckpoint(directory))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith("has no tokenizer.json, and none can be made of its other files");
    Files.writeString(directory.resolve("vocab.json"), "[]");
    assertThatThrownBy(() -> TextTokenizer.ofCheckpoint(directory))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("can be made of its other files: " + directory);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "[", "{\"model\": {\"type\": \"None\"}}"})
  void refusesWhatIsNoTokenizer(String json, @TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("tokenizer.json"), json);

    assertThatThrownBy(() -> TextTokenizer.ofCheckpoint(directory))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cannot be used as a tokenizer");
  }

  @Test
  void saysWhichVocabulariesOfAGgufItDoesNotRebuild() {
    GgufMetadata metadata =
        GgufMetadata.builder()
            .putString("tokenizer.ggml.model", "rwkv")
            .putStrings("tokenizer.ggml.tokens", new ArrayList<>(List.of("a", "b")))
            .build();

    assertThatThrownBy(() -> TextTokenizer.ofGguf("some.gguf", metadata))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "some.gguf has a vocabulary of the kind 'rwkv', of which LQMF makes no tokenizer");
  }
}
