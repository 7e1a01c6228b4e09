package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.app.output.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobsCommandTest {
  @TempDir Path directory;

  private Program run(String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Workplace place =
        new Workplace(
            Map.of(), directory, directory, InputStream.nullInputStream(), SecretPrompt.NOBODY);
    int status =
        Main.run(
            Terminal.plain(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8)),
            place,
            arguments);
    return new Program(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }

  private static String example() {
    return Program.EXAMPLE.toAbsolutePath().normalize().toString();
  }

  @Test
  void whatSucceedsIsForgotten() {
    assertThat(run("quantize", example(), "--type", "Q4_0", "--no-test").status()).isZero();

    assertThat(run("jobs").out()).isEqualTo("None: what was begun has succeeded.\n");
    assertThat(run("resume").err()).startsWith("error: there is no job to resume\n");
  }

  @Test
  void whatFailsCanBeTriedAgain() {
    Path model = directory.resolve("not there yet");
    run("quantize", model.toString(), "--type", "Q4_0");

    Program jobs = run("jobs");
    Program resumed = run("resume");

    assertThat(jobs.out()).contains("failed", "quantize " + model + " --type Q4_0");
    assertThat(resumed.status()).isEqualTo(1);
    assertThat(resumed.err()).startsWith("→ quantize " + model + " --type Q4_0\nerror: ");
    assertThat(run("jobs", "--json").out()).containsOnlyOnce("\"failed\"");
    assertThat(run("jobs", "--clear").out()).startsWith("None");

    run("quantize", "--plan", "gone.yaml");
    assertThat(run("jobs").out()).contains("(there is no file gone.yaml)");
  }

  @Test
  void mistakesOfUsageAndSecretsLeaveNoTrace() {
    run("quantize", "model", "--type", "Q7_K");
    run("quantize", "no/such/place", "--type", "Q4_0", "--set", "HF_TOKEN=hf_secret");
    run("quantize", "no/such/place", "--type", "Q4_0", "--dry-run");

    assertThat(run("jobs").out()).startsWith("None");
  }

  @Test
  void goesOnAfterAKill() throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.lqmf.app.Main",
                "quantize",
                example(),
                "--no-test",
                "--threads",
                "1",
                "--type",
                "Q4_K_M,Q5_K_M,Q6_K,Q3_K_M,Q2_K,Q5_K_S,Q4_K_S,Q3_K_L"));
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(directory.resolve("out").toFile())
            .redirectError(directory.resolve("err").toFile())
            .start();
    while (process.isAlive() && !shows("quantizing: 10 %")) {
      Thread.sleep(5);
    }
    process.destroyForcibly().waitFor(60, TimeUnit.SECONDS);

    Program jobs = run("jobs");
    Program resumed = run("resume");

    assertThat(jobs.out()).contains("lost, quantizing", "quantize " + example());
    assertThat(resumed.err()).startsWith("→ quantize " + example());
    assertThat(resumed.status()).isZero();
    try (Stream<Path> results = Files.list(directory.resolve("quantized-models"))) {
      assertThat(results.map(r -> r.getFileName().toString()))
          .hasSize(8)
          .noneMatch(name -> name.startsWith("."));
    }
    assertThat(run("jobs").out()).startsWith("None");
  }

  private boolean shows(String text) throws IOException {
    return Files.readString(directory.resolve("err")).contains(text);
  }
}
