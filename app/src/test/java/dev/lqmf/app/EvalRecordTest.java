package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.factory.eval.Estimate;
import dev.lqmf.factory.eval.EvalReport;
import dev.lqmf.factory.eval.Protocol;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EvalRecordTest {
  @TempDir Path directory;
  private final List<String> notices = new ArrayList<>();

  private Workplace place() {
    return Program.place(Map.of(), directory, "", SecretPrompt.NOBODY);
  }

  private static EvalReport report(Path... models) {
    List<EvalReport.Result> results = new ArrayList<>();
    for (Path model : models) {
      results.add(
          new EvalReport.Result(
              model.toString(),
              "name",
              "format",
              1,
              2048,
              1,
              1,
              new Estimate(6.5, 0.1),
              Optional.of(
                  new EvalReport.Divergence(
                      new Estimate(0.03, 0.001),
                      0.01,
                      0.1,
                      1,
                      new Estimate(0.9, 0.01),
                      new Estimate(0.02, 0.001))),
              1));
    }
    Set<Integer> none = Set.of();
    return new EvalReport(
        "text",
        Protocol.HALF_WINDOW,
        512,
        OptionalInt.empty(),
        OptionalDouble.empty(),
        results,
        new EvalReport.Best(none, none, none, none, none, none));
  }

  @Test
  void measurementsBelongToTheExperimentThatMadeTheResult() throws Exception {
    String example = Program.EXAMPLE.toAbsolutePath().toString();
    assertThat(
            Program.run(place(), "quantize", example, "--type", "Q8_0,Q4_0", "--no-test").status())
        .isZero();
    Path results = directory.resolve("quantized-models");
    Files.writeString(directory.resolve("recipe.json"), "no JSON");

    new EvalRecord(new MeasurementRecord(place(), notices::add))
        .add(
            report(
                results.resolve("docs-llama-4m_gguf_Q8_0/docs-llama-4m-Q8_0.gguf"),
                Path.of("org/model"),
                directory));

    JsonNode experiments =
        JsonMapper.shared()
            .readTree(Program.run(place(), "experiments", "list", "--json").out())
            .get("experiments");
    assertThat(experiments).hasSize(2);
    for (JsonNode experiment : experiments) {
      JsonNode metrics = experiment.get("metrics");
      if (experiment.get("type").asString().equals("Q8_0")) {
        assertThat(metrics.get("perplexity").asDouble()).isEqualTo(6.5);
        assertThat(metrics.get("kld_mean").asDouble()).isEqualTo(0.03);
      } else {
        assertThat(metrics.isEmpty()).isTrue();
      }
    }
    assertThat(notices).isEmpty();
  }

  @Test
  void withoutExperimentsNothingIsMade() {
    new EvalRecord(new MeasurementRecord(place(), notices::add)).add(report(Program.EXAMPLE));

    assertThat(directory).isEmptyDirectory();
    assertThat(notices).isEmpty();
  }
}
