package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.testkit.ExamplePlugin;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every new result is tested. */
class FirstTestsTest {
  private static final String EXAMPLE = Program.EXAMPLE.toAbsolutePath().toString();

  @TempDir Path directory;

  private Program run(String... args) {
    return Program.run(Program.place(Map.of(), directory, "", SecretPrompt.NOBODY), args);
  }

  private JsonNode json(String... args) {
    List<String> all = new ArrayList<>(List.of(args));
    all.add("--json");
    Program run = run(all.toArray(String[]::new));
    assertThat(run.status()).as(run.err()).isZero();
    return JsonMapper.shared().readTree(run.out());
  }

  private List<String> benchmarks() throws IOException {
    Path benchmarks = directory.resolve("benchmarks");
    if (!Files.exists(benchmarks)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(benchmarks)) {
      return files.map(f -> f.getFileName().toString()).toList();
    }
  }

  @Test
  void aResultIsTestedAndThePlacesThatTellOfItDo() throws IOException {
    JsonNode test = json("quantize", EXAMPLE, "--type", "Q8_0").get("outputs").get(0).get("test");

    assertThat(test.get("outcome").asString()).isEqualTo("passed");
    assertThat(test.get("runtime").asString()).isEqualTo("llama.cpp");
    assertThat(test.get("score").asDouble()).isBetween(0.05, 1.0);
    assertThat(directory.resolve("quantized-models/docs-llama-4m_gguf_Q8_0/test.json"))
        .content()
        .contains("\"mode\" : \"quick\"", "\"perplexity\"");
    assertThat(directory.resolve("quantized-models/docs-llama-4m_gguf_Q8_0/README.md"))
        .content()
        .contains("| same likeliest token as the original | 0.9", "| perplexity | ");
    assertThat(benchmarks())
        .singleElement()
        .satisfies(n -> assertThat(n).endsWith("_docs-llama-4m_gguf_Q8_0.json"));
    JsonNode metrics = json("experiments", "list").get("experiments").get(0).get("metrics");
    assertThat(metrics.get("test_passed").asDouble()).isEqualTo(1);
    assertThat(metrics.get("test_score").asDouble()).isEqualTo(test.get("score").asDouble());
    assertThat(metrics.get("test_perplexity").asDouble()).isBetween(1.0, 2048.0);
    // The checkpoint is small enough to be asked, too.
    assertThat(metrics.get("test_fidelity").asDouble()).isBetween(0.9, 1.0);
    assertThat(json("test", "list").get("models").get(0).get("last_test").get("outcome").asString())
        .isEqualTo("passed");
    try (Stream<Path> logs = Files.walk(directory.resolve("logs"))) {
      assertThat(logs.filter(Files::isRegularFile))
          .singleElement()
          .satisfies(
              log ->
                  assertThat(log)
                      .content()
                      .containsSubsequence(
                          "\"finished\"", "\"testing\"", "\"tested\"", "\"outcome\":\"passed\""));
    }
  }

  @Test
  void aCalibratedResultIsTested() throws IOException {
    Path text = Files.writeString(directory.resolve("text.txt"), "The kernel reads. ".repeat(400));

    JsonNode test =
        json(
                "quantize",
                EXAMPLE,
                "--method",
                "gptq",
                "--calibration",
                text.toString(),
                "--samples",
                "4",
                "--seqlen",
                "64")
            .get("outputs")
            .get(0)
            .get("test");

    assertThat(test.get("outcome").asString()).isEqualTo("passed");
    assertThat(test.get("runtime").asString()).isEqualTo("torch");
  }

  @Test
  void aResultOfTorchIsTestedAndLeavesNoRecordIfAskedTo() throws IOException {
    Program made = run("quantize", EXAMPLE, "--method", "bnb", "--no-record");

    assertThat(made.status()).as(made.err()).isZero();
    assertThat(made.out())
        .containsPattern("\ndocs-llama-4m_bnb_4bit passed its test: loads in .*, score 0\\.");
    assertThat(directory.resolve("quantized-models/docs-llama-4m_bnb_4bit/test.json"))
        .isRegularFile();
    assertThat(benchmarks()).isEmpty();
    assertThat(directory.resolve("experiments")).doesNotExist();
  }

  @Test
  void aResultThatFailsIsKeptAndMarked() throws IOException {
    Path mute = Files.createDirectory(directory.resolve("mute"));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(Program.EXAMPLE.resolve(file), mute.resolve(file));
    }

    Program made = run("quantize", mute.toString(), "--method", "bnb");

    assertThat(made.status()).as(made.err()).isZero();
    assertThat(made.out()).containsPattern("\nmute_bnb_4bit FAILED its test: .*tokenizer");
    assertThat(directory.resolve("quantized-models/mute_bnb_4bit/model.safetensors")).exists();
    assertThat(run("test", "list").out())
        .containsPattern("mute_bnb_4bit .*failed .*\n .*tokenizer");
    JsonNode metrics = json("experiments", "list").get("experiments").get(0).get("metrics");
    assertThat(metrics.get("test_passed").asDouble()).isZero();
  }

  /** Plugins are looked for where the program runs. */
  @Test
  void aResultOfAPluginIsTested() throws Exception {
    ExamplePlugin.build(directory.resolve("plugins"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "quantize",
                EXAMPLE,
                "--method",
                "rtn")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said).containsPattern("docs-llama-4m_rtn_4bit\\S* passed its test: .*fidelity 0\\.");
  }

  /** As after a kill between the result and its test. */
  @Test
  void aResultThatWasNotTestedIsTestedByTheNextRun() throws IOException {
    run("quantize", EXAMPLE, "--type", "Q8_0,Q4_0");
    Path untested = directory.resolve("quantized-models/docs-llama-4m_gguf_Q8_0/test.json");
    Files.delete(untested);

    Program again = run("quantize", EXAMPLE, "--type", "Q8_0,Q4_0");

    assertThat(again.out())
        .contains("docs-llama-4m_gguf_Q8_0 passed its test")
        .doesNotContain("docs-llama-4m_gguf_Q4_0 passed its test");
    assertThat(untested).exists();
  }

  @Test
  void whoWantsNoTestGetsNone() throws IOException {
    Program made = run("quantize", EXAMPLE, "--type", "Q8_0", "--no-test");

    assertThat(made.out()).doesNotContain("its test");
    assertThat(directory.resolve("quantized-models/docs-llama-4m_gguf_Q8_0/test.json"))
        .doesNotExist();
    assertThat(benchmarks()).isEmpty();
  }
}
