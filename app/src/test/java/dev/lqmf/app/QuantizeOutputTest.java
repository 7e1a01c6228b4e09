package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.JobPlan;
import dev.lqmf.factory.OutputPlan;
import dev.lqmf.factory.OutputReport;
import dev.lqmf.factory.OutputReport.TypeTotal;
import dev.lqmf.factory.QuantizeReport;
import dev.lqmf.factory.TensorPlan;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What quantize prints, for a made-up model of 65,792 weights in bfloat16. */
class QuantizeOutputTest {
  private static final long WEIGHTS = 256 * 256 + 256;
  private static final Path DIRECTORY = Path.of("quantized-models", "tiny_gguf_Q4_K_M");
  private static final Path FILE = DIRECTORY.resolve("tiny-Q4_K_M.gguf");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void aFinishedJobForPeople() {
    new QuantizeResult(report(), Optional.of(plan()), List.of(), Map.of(), false)
        .print(terminal(false));

    assertThat(text(out))
        .isEqualTo(
            """

            quantized-models/tiny_gguf_Q4_K_M
              tiny-Q4_K_M.gguf
              40.0 kB of 132 kB: 3.29× smaller, 4.61 bits per weight

            type  tensors  weights     size   share
            F32         1      256  1.02 kB   2.7 %
            Q4_K        1   65.5 K  36.9 kB  97.3 %

            done in 2.0 s (65.8 kB/s, vector-512 kernels, 2 threads)
            """
                .replace("quantized-models/tiny_gguf_Q4_K_M", DIRECTORY.toString()));
    assertThat(text(err)).isEmpty();
  }

  @Test
  void aFinishedJobForPrograms() {
    new QuantizeResult(report(), Optional.of(plan()), List.of(), Map.of(), false)
        .printJson(terminal(false).out());

    JsonNode json = JsonMapper.shared().readTree(text(out));
    assertThat(json.get("model").asString()).isEqualTo("tiny");
    assertThat(json.get("architecture").asString()).isEqualTo("llama");
    assertThat(json.get("elements").asLong()).isEqualTo(WEIGHTS);
    assertThat(json.get("seconds").asDouble()).isEqualTo(2.0);
    JsonNode output = json.get("outputs").get(0);
    assertThat(output.get("type").asString()).isEqualTo("Q4_K_M");
    assertThat(output.get("files").get(0).asString()).isEqualTo(FILE.toString());
    assertThat(output.get("file_bytes").asLong()).isEqualTo(50_000);
    assertThat(output.get("model_bytes").asLong()).isEqualTo(40_000);
    assertThat(output.get("by_type").get("Q4_K").get("bytes").asLong()).isEqualTo(36_864);
  }

  @Test
  void aDryRunForPeople() {
    new QuantizeResult(dryReport(), Optional.of(plan()), List.of(), Map.of(), true)
        .print(terminal(false));

    assertThat(text(out))
        .containsPattern("blk.0.ffn_up.weight +256 × 256 +BF16 +Q4_K\n")
        .containsPattern("blk.0.ffn_norm.weight +256 +F32 +F32\n")
        .contains(DIRECTORY + ": 40.0 kB, 3.29× smaller, 4.61 bits per weight\n")
        .endsWith("dry run: nothing was written\n");
  }

  @Test
  void aDryRunForPrograms() {
    new QuantizeResult(dryReport(), Optional.of(plan()), List.of(), Map.of(), true)
        .printJson(terminal(false).out());

    JsonNode json = JsonMapper.shared().readTree(text(out));
    assertThat(json.get("dry_run").asBoolean()).isTrue();
    JsonNode output = json.get("outputs").get(0);
    assertThat(output.get("warnings").get(0).asString()).isEqualTo("a warning");
    assertThat(output.get("tensors").get(0).get("to").asString()).isEqualTo("Q4_K");
  }

  @Test
  void progressInPlainLines() {
    QuantizeProgress progress = new QuantizeProgress(terminal(false));

    progress.accept(new JobEvent.Planned(plan()));
    for (int done = 0; done <= 100; done += 5) {
      progress.accept(new JobEvent.Quantizing("blk.0.ffn_up.weight", done, 100));
    }

    List<String> lines = text(err).lines().toList();
    assertThat(lines).hasSize(13);
    assertThat(lines.getFirst()).isEqualTo("tiny: llama, 65.8 K weights, 132 kB");
    assertThat(lines.get(1)).isEqualTo("note: a note");
    assertThat(lines.get(2)).isEqualTo("note: Q4_K_M: a warning");
    assertThat(lines.get(3)).isEqualTo("quantizing: 10 % of 100 B");
    assertThat(lines.getLast()).isEqualTo("quantizing: 100 % of 100 B");
    assertThat(text(out)).isEmpty();
    assertThat(progress.plan()).contains(plan());
  }

  @Test
  void progressOnATerminal() {
    QuantizeProgress progress = new QuantizeProgress(terminal(true));

    progress.accept(new JobEvent.Downloading("model.safetensors", 1, 2));
    progress.accept(new JobEvent.Quantizing("blk.0.ffn_up.weight", 1, 2));
    progress.accept(new JobEvent.Finished(report()));

    assertThat(text(err))
        .containsPattern("50 % +model.safetensors")
        .containsPattern("50 % +blk.0.ffn_up.weight")
        .endsWith("\r\u001b[K")
        .doesNotContain("\n");
  }

  private Terminal terminal(boolean person) {
    return new Terminal(
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        person,
        person,
        false,
        person,
        80);
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8).replace(System.lineSeparator(), "\n");
  }

  private static JobPlan plan() {
    OutputPlan output =
        new OutputPlan(
            "Q4_K_M",
            DIRECTORY,
            List.of(new OutputPlan.PlannedFile("tiny-Q4_K_M.gguf", 40_000)),
            List.of(
                new TensorPlan(
                    "blk.0.ffn_up.weight", Shape.of(256, 256), TensorType.BF16, TensorType.Q4_K),
                new TensorPlan(
                    "blk.0.ffn_norm.weight", Shape.of(256), TensorType.F32, TensorType.F32)),
            "00ff",
            "{}",
            false,
            List.of("a warning"));
    return new JobPlan(
        "tiny",
        "llama",
        "models/tiny",
        2 * WEIGHTS,
        WEIGHTS,
        0,
        List.of(output),
        List.of("a note"));
  }

  private static QuantizeReport report() {
    OutputReport output =
        new OutputReport(
            "Q4_K_M",
            DIRECTORY,
            List.of(FILE),
            50_000,
            40_000,
            WEIGHTS,
            37_888,
            new TreeMap<>(
                Map.of(
                    "F32", new TypeTotal(1, 256, 1024),
                    "Q4_K", new TypeTotal(1, 65_536, 36_864))),
            "00ff",
            false);
    return report(List.of(output));
  }

  private static QuantizeReport dryReport() {
    return report(List.of());
  }

  private static QuantizeReport report(List<OutputReport> outputs) {
    return new QuantizeReport(
        "tiny",
        Path.of("models/tiny"),
        "models/tiny",
        2 * WEIGHTS,
        outputs,
        "vector-512",
        2,
        Duration.ofSeconds(2));
  }
}
