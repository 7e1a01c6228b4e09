package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tests of models that something is wrong with. */
class TestCommandTest {
  @TempDir Path directory;

  @BeforeEach
  void makeModels() throws IOException {
    Path results = Files.createDirectory(directory.resolve("quantized-models"));
    Path mute = Files.createDirectory(results.resolve("mute"));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(Program.EXAMPLE.resolve(file), mute.resolve(file));
    }
    Path broken = Files.createDirectory(results.resolve("broken_gguf_Q8_0"));
    Files.writeString(broken.resolve("broken-Q8_0.gguf"), "GGUF, it says, but it is not");
  }

  private Program run(String... args) {
    return Program.run(Program.place(Map.of(), directory, "", SecretPrompt.NOBODY), args);
  }

  @Test
  void whatFailsIsARowWithAReason() throws IOException {
    Program run = run("test", "mute", "broken", "--report", "--explain");

    assertThat(run.status()).isEqualTo(1);
    assertThat(run.out())
        .containsPattern("\nmute +failed")
        .containsPattern("\nbroken_gguf_Q8_0 +failed")
        .containsPattern("\nmute failed: .*tokenizer")
        .containsPattern("\nbroken_gguf_Q8_0 failed: .*broken-Q8_0.gguf")
        .contains("arXiv:1908.04319", "arXiv:1510.03055");
    try (Stream<Path> kept = Files.list(directory.resolve("benchmarks"))) {
      assertThat(kept.map(f -> f.getFileName().toString().replaceAll("\\d+-\\d+", "TIME")))
          .containsExactlyInAnyOrder(
              "benchmark_TIME_mute.json",
              "benchmark_TIME_broken_gguf_Q8_0.json",
              "benchmark_TIME_report.html");
    }
  }

  @Test
  void programsGetOneObject() {
    Program run = run("test", "broken", "--json");

    JsonNode test = JsonMapper.shared().readTree(run.out()).get("tests").get(0);
    assertThat(run.status()).isEqualTo(1);
    assertThat(test.get("outcome").asString()).isEqualTo("failed");
    assertThat(test.get("reason").asString()).contains("broken-Q8_0.gguf");
    JsonNode listed = JsonMapper.shared().readTree(run("test", "list", "--json").out());
    assertThat(listed.get("models").get(0).get("last_test").get("reason"))
        .isEqualTo(test.get("reason"));
  }

  /** A process that may write no byte to a file meets what one does whose disk is full. */
  @Test
  void aFullDiskTakesNothingButTheFile() throws Exception {
    Process process =
        new ProcessBuilder(
                "/bin/sh",
                "-c",
                "ulimit -f 0; exec \"$0\" \"$@\"",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "test",
                "mute")
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).isEqualTo(1);
    assertThat(said)
        .containsPattern("error: cannot write .*benchmark_.*_mute.json: ")
        .containsPattern("\nmute failed: .*tokenizer");
    try (Stream<Path> left = Files.list(directory.resolve("benchmarks"))) {
      assertThat(left).isEmpty();
    }
  }
}
