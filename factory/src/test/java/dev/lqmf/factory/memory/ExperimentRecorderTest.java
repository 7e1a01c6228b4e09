package dev.lqmf.factory.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.QuantizeJob;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.Recipe;
import dev.lqmf.factory.event.EventBus;
import dev.lqmf.factory.memory.Experiment.Status;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.mix.GgufFileType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExperimentRecorderTest {
  private static final Path EXAMPLE = Path.of("../examples/models/docs-llama-4m");

  @TempDir Path directory;

  private JsonStore store() {
    return new JsonStore(directory.resolve("experiments"));
  }

  private void run(String input, Consumer<JobEvent> listener, GgufFileType... types)
      throws IOException {
    ExperimentRecorder recorder =
        ExperimentRecorder.begin(
            store(),
            InstantSource.system(),
            new ExperimentRecorder.Run(input, "gguf", "what was asked for", "1.2.3"));
    QuantizeRequest request =
        QuantizeRequest.of(input, List.of(types)).outputRoot(directory.resolve("results")).build();
    List<RuntimeException> failures = new CopyOnWriteArrayList<>();
    EventBus<JobEvent> bus = new EventBus<JobEvent>(listener, failures::add).subscribe(recorder);
    try {
      new QuantizeJob(request, new ScalarKernels()).run(bus::publish);
    } finally {
      bus.flush();
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void everyOutputIsAnExperiment() throws Exception {
    run(EXAMPLE.toString(), _ -> {}, GgufFileType.Q8_0, GgufFileType.F16);

    List<Experiment> experiments = store().list(Query.ALL);
    assertThat(experiments).extracting(e -> e.task().type()).containsExactly("F16", "Q8_0");
    for (Experiment e : experiments) {
      Path result = directory.resolve("results/docs-llama-4m_gguf_" + e.task().type());
      assertThat(e.status()).isEqualTo(Status.SUCCESS);
      assertThat(e.task().model()).isEqualTo("docs-llama-4m");
      assertThat(e.task().together()).isEqualTo(2);
      assertThat(e.task().recipeHash())
          .contains(Recipe.hashOfJson(Files.readString(result.resolve("recipe.json"))));
      assertThat(Recipe.hashOfJson(e.task().recipe().orElseThrow()))
          .isEqualTo(e.task().recipeHash().orElseThrow());
      assertThat(e.sizes().outputBytes())
          .isEqualTo(Files.size(result.resolve("docs-llama-4m-" + e.task().type() + ".gguf")));
      assertThat(e.sizes().bitsPerWeight().orElseThrow()).isBetween(8.0, 17.0);
      assertThat(e.totalSeconds()).isPresent();
      assertThat(e.finished()).isPresent();
      assertThat(e.version()).isEqualTo("1.2.3");
      assertThat(e.owner()).isEqualTo(Owner.here());
      assertThat(e.machine().cores()).isPositive();
    }
  }

  @Test
  void whatIsThereAlreadyIsNoExperiment() throws Exception {
    run(EXAMPLE.toString(), _ -> {}, GgufFileType.Q8_0);
    run(EXAMPLE.toString(), _ -> {}, GgufFileType.Q8_0);
    assertThat(store().list(Query.ALL)).hasSize(1);

    run(EXAMPLE.toString(), _ -> {}, GgufFileType.Q8_0, GgufFileType.F16);

    assertThat(store().list(Query.ALL))
        .extracting(e -> e.task().type())
        .containsExactly("F16", "Q8_0");
  }

  @Test
  void aFailureBeforeThePlanIsRecordedWithItsReason() throws Exception {
    Path missing = directory.resolve("missing.gguf");

    assertThatThrownBy(() -> run(missing.toString(), _ -> {}, GgufFileType.Q8_0))
        .hasMessageContaining("does not exist");

    Experiment experiment = store().list(Query.ALL).getFirst();
    assertThat(experiment.status()).isEqualTo(Status.FAILED);
    assertThat(experiment.error()).contains(missing + " does not exist");
    assertThat(experiment.task().input()).isEqualTo(missing.toString());
    assertThat(experiment.task().type()).isEqualTo("what was asked for");
  }

  @Test
  void aCancelledJobIsRecordedForEveryOutput() throws Exception {
    Consumer<JobEvent> cancels =
        event -> {
          if (event instanceof JobEvent.Quantizing) {
            throw new CancellationException("cancelled");
          }
        };

    assertThatThrownBy(() -> run(EXAMPLE.toString(), cancels, GgufFileType.Q8_0, GgufFileType.F16))
        .isInstanceOf(CancellationException.class);

    assertThat(store().list(Query.ALL))
        .hasSize(2)
        .allSatisfy(
            e -> {
              assertThat(e.status()).isEqualTo(Status.CANCELLED);
              assertThat(e.error()).isEmpty();
            });
  }

  @Test
  void whatThePlanExpectedIsRecorded() throws Exception {
    ExperimentRecorder recorder =
        ExperimentRecorder.begin(
            store(),
            InstantSource.system(),
            new ExperimentRecorder.Run(
                "org/model", "gguf", "Q8_0", "1.2.3", Optional.of(Duration.ofMillis(1500))));

    assertThat(store().find(recorder.id()).orElseThrow().predicted())
        .isEqualTo(Map.of(Experiment.TOTAL, 1.5));
  }

  @Test
  void aRunIsThereFromItsBeginning() throws Exception {
    ExperimentRecorder recorder =
        ExperimentRecorder.begin(
            store(),
            InstantSource.system(),
            new ExperimentRecorder.Run("org/model", "gguf", "Q8_0", "1.2.3"));

    Experiment running = store().find(recorder.id()).orElseThrow();

    assertThat(running.status()).isEqualTo(Status.RUNNING);
    assertThat(running.owner().isAlive()).isTrue();
    assertThat(running.task().model()).isEqualTo("model");
  }
}
