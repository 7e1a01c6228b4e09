package dev.lqmf.factory.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.factory.memory.ExperiencePredictor;
import dev.lqmf.factory.memory.Experiment;
import dev.lqmf.factory.memory.Experiment.Sizes;
import dev.lqmf.factory.memory.Experiment.Status;
import dev.lqmf.factory.memory.Experiment.Task;
import dev.lqmf.factory.memory.Machine;
import dev.lqmf.factory.memory.Owner;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LearnedPredictorTest {
  private static final long WEIGHTS = 7_000_000_000L;
  private static final Predictor SHIPPED = new PriorPredictor();

  private static Experiment run(int number, double seconds) {
    return new Experiment(
        "run-" + number,
        Status.SUCCESS,
        new Task("m", "org/m", "gguf", "Q4_K_M", 1, Optional.of("hash"), Optional.empty()),
        new Sizes(WEIGHTS, 2 * WEIGHTS, WEIGHTS / 2, OptionalDouble.of(4.85)),
        new TreeMap<>(Map.of(Experiment.TOTAL, seconds)),
        new TreeMap<>(),
        new TreeMap<>(),
        Optional.empty(),
        List.of(),
        Instant.EPOCH,
        Optional.of(Instant.EPOCH),
        "0.1.0",
        new Machine("Linux", "CPU", 2, "25"),
        new Owner(1, Optional.empty()));
  }

  private static Predictor.Task task(String method, String type) {
    return new Predictor.Task("llama", method, type, WEIGHTS, 2 * WEIGHTS, WEIGHTS / 2, 4.85, 2);
  }

  private static Predictor learned(List<Experiment> experiments) {
    return new LearnedPredictor(new ExperiencePredictor(experiments), SHIPPED);
  }

  @Test
  void withoutExperienceItSaysWhatShips() {
    Predictor.Task task = task("gguf", "Q4_K_M");

    assertThat(learned(List.of()).predict(task)).isEqualTo(SHIPPED.predict(task));
  }

  @Test
  void timesComeFromPastRunsOfTheMethod() {
    Predictor predictor = learned(IntStream.range(0, 7).mapToObj(i -> run(i, 600)).toList());

    Predictor.Prediction same = predictor.predict(task("gguf", "Q4_K_M"));
    Predictor.Prediction other = predictor.predict(task("bnb", "NF4"));

    assertThat(same.time()).isBetween(Duration.ofSeconds(400), Duration.ofSeconds(700));
    assertThat(same.evidence()).isEqualTo(new Predictor.Evidence(7, 0));
    assertThat(same.quality()).isEqualTo(SHIPPED.predict(task("gguf", "Q4_K_M")).quality());
    assertThat(other).isEqualTo(SHIPPED.predict(task("bnb", "NF4")));
  }

  @Test
  void qualityComesFromWhatWasMeasured() {
    Predictor predictor =
        learned(
            IntStream.range(0, 12)
                .mapToObj(i -> run(i, 600).withMetric(ExperiencePredictor.DIVERGENCE, 0.4))
                .toList());

    Predictor.Prediction prediction = predictor.predict(task("gguf", "Q4_K_M"));

    assertThat(SHIPPED.predict(task("gguf", "Q4_K_M")).quality()).isEqualTo(QualityClass.GOOD);
    assertThat(prediction.quality()).isEqualTo(QualityClass.POOR);
    assertThat(prediction.evidence()).isEqualTo(new Predictor.Evidence(12, 12));
  }
}
