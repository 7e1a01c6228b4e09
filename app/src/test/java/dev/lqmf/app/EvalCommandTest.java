package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class EvalCommandTest {
  private static final String LLAMA = Program.EXAMPLE.toString();
  private static final String GPT2 = Program.EXAMPLE.resolveSibling("docs-gpt2-4m").toString();

  @TempDir private static Path directory;
  private static Path text;
  private static String q8;
  private static String q2;

  @BeforeAll
  static void prepare() throws IOException {
    text = directory.resolve("text.txt");
    Files.writeString(text, "The driver is loaded when the kernel module needs it. ".repeat(80));
    Program made =
        Program.run(
            "quantize", LLAMA, "--type", "Q8_0,Q2_K", "--no-test", "-o", directory.toString());
    assertThat(made.status()).isZero();
    q8 = directory.resolve("docs-llama-4m_gguf_Q8_0").toString();
    q2 = directory.resolve("docs-llama-4m_gguf_Q2_K").toString();
  }

  private static Program eval(String... args) {
    List<String> all =
        new ArrayList<>(List.of("eval", "--text", text.toString(), "--window", "64"));
    all.addAll(Arrays.asList(args));
    return Program.run(all.toArray(String[]::new));
  }

  @Test
  void aTableMarksTheBestOfEachColumn() {
    Program run = eval(q8, q2, "--baseline", LLAMA);

    assertThat(run.status()).as(run.err()).isZero();
    List<String> lines = run.out().lines().toList();
    assertThat(lines.getFirst())
        .containsSubsequence(
            "model",
            "type",
            "size",
            "perplexity",
            "mean KLD",
            "median KLD",
            "99 % KLD",
            "same top");
    assertThat(lines.get(1)).startsWith("docs-llama-4m ").contains("BF16", "7.35 MB", "baseline");
    assertThat(lines.get(2)).startsWith("docs-llama-4m-Q8_0").contains("Q8_0").contains("% *");
    assertThat(lines.get(3))
        .startsWith("docs-llama-4m-Q2_K")
        .contains("MB *")
        .doesNotContain("% *");
    assertThat(run.out())
        .contains("half-window: ", "windows of 64 tokens", "*: best of its column")
        .contains("KLD: divergence from docs-llama-4m in nats; below ");
    assertThat(run.err())
        .contains("measuring: 100 % of ")
        .contains("docs-llama-4m-Q2_K: perplexity");
  }

  @Test
  void anEqualModelTiesWithTheBest() throws IOException {
    Path copy = Files.createDirectory(directory.resolve("copy"));
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(Program.EXAMPLE.resolve(file), copy.resolve(file));
    }

    Program run = eval(LLAMA, copy.toString());

    assertThat(run.out()).contains("tie in perplexity: docs-llama-4m, copy");
  }

  @Test
  void perplexitiesOfOtherTokensAreNotRanked() {
    Program run = eval(LLAMA, GPT2);

    assertThat(run.out())
        .contains("Perplexities do not compare: the models cut the text differently");
  }

  @Test
  void jsonHasAllNumbers() {
    Program run = eval(q8, q2, "--baseline", LLAMA, "--protocol", "llama.cpp", "--json");

    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.propertyNames())
        .containsExactly("text", "protocol", "window", "baseline", "noise_floor", "models");
    assertThat(json.path("protocol").asString()).isEqualTo("llama.cpp");
    assertThat(json.path("window").asInt()).isEqualTo(64);
    assertThat(json.path("baseline").asString()).isEqualTo(LLAMA);
    assertThat(json.path("models")).hasSize(3);
    JsonNode base = json.path("models").get(0);
    assertThat(base.path("model").asString()).isEqualTo(LLAMA);
    assertThat(base.has("kl_divergence")).isFalse();
    JsonNode coarse = json.path("models").get(2);
    assertThat(coarse.path("type").asString()).isEqualTo("Q2_K");
    for (String number :
        List.of(
            "bytes",
            "windows",
            "predictions",
            "perplexity",
            "perplexity_error",
            "kl_divergence",
            "kl_divergence_error",
            "kl_divergence_median",
            "kl_divergence_99",
            "kl_divergence_max",
            "same_top",
            "same_top_error",
            "log_perplexity_ratio",
            "log_perplexity_ratio_error",
            "seconds")) {
      assertThat(coarse.path(number).isNumber()).as(number).isTrue();
    }
    assertThat(coarse.path("predictions").asInt()).isEqualTo(coarse.path("windows").asInt() * 31);
    assertThat(Math.log(coarse.path("perplexity").asDouble() / base.path("perplexity").asDouble()))
        .isCloseTo(coarse.path("log_perplexity_ratio").asDouble(), within(1e-9));
    assertThat(coarse.path("best_of").get(0).asString()).isEqualTo("size");
  }

  @Test
  void optionsChangeHowItIsComputedAndNotWhatComesOut() {
    double plain = perplexity(LLAMA);

    assertThat(perplexity(LLAMA, "--max-memory", "6M", "--threads", "1"))
        .isCloseTo(plain, within(1e-4 * plain));
    assertThat(perplexity(LLAMA, "--dtype", "bf16")).isCloseTo(plain, within(0.02 * plain));
    assertThat(perplexity(LLAMA, "--max-tokens", "128"))
        .isEqualTo(perplexity(LLAMA, "--chunks", "2"))
        .isNotEqualTo(plain);
  }

  private static double perplexity(String... args) {
    List<String> all = new ArrayList<>(Arrays.asList(args));
    all.add("--json");
    Program run = eval(all.toArray(String[]::new));
    assertThat(run.status()).as(run.err()).isZero();
    return new ObjectMapper()
        .readTree(run.out())
        .path("models")
        .get(0)
        .path("perplexity")
        .asDouble();
  }

  @Test
  void faultsAreNamedWithAMend() {
    assertFault(2, "the protocol 'stride' is not known", "--protocol", "stride", LLAMA);
    assertFault(2, "a window of 2 tokens is too small", "--window", "2", LLAMA);
    assertFault(2, "32 tokens do not fill a window of 64", "--max-tokens", "32", LLAMA);
    assertFault(2, "0 windows are none", "--chunks", "0", LLAMA);
    assertFault(2, "f8", "--dtype", "f8", LLAMA);
    assertFault(2, "the device 'tpu' is not known", "--device", "tpu", LLAMA);
    assertFault(1, "does not exist", "./absent");
    assertFault(1, "mean something else to docs-gpt2-4m", "--baseline", LLAMA, GPT2);
  }

  private static void assertFault(int status, String message, String... args) {
    List<String> all = new ArrayList<>(List.of("eval"));
    if (!List.of(args).contains("--window")) {
      all.addAll(List.of("--window", "64"));
    }
    all.addAll(Arrays.asList(args));
    Program run = Program.run(all.toArray(String[]::new));
    assertThat(run.status()).as(run.err()).isEqualTo(status);
    assertThat(run.err()).contains("error: ").contains(message).contains("→");
    assertThat(run.out()).isEmpty();
  }
}
