package dev.lqmf.factory.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lqmf.factory.memory.Experiment.Status;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryAgentTest {
  @TempDir Path directory;
  private JsonStore store;

  @BeforeEach
  void open() {
    store = new JsonStore(directory);
  }

  private MemoryAgent agent() throws IOException {
    return MemoryAgent.over(store);
  }

  @Test
  void aRunWhoseProcessIsGoneIsLost() throws Exception {
    long pid = ProcessHandle.current().pid();
    store.put(Samples.running(1, Owner.here()));
    store.put(Samples.running(2, new Owner(pid, Optional.of(Instant.EPOCH))));
    store.put(Samples.running(3, new Owner(Integer.MAX_VALUE, Optional.empty())));

    MemoryAgent agent = agent();

    assertThat(agent.list(Query.of(Status.RUNNING)))
        .extracting(Experiment::id)
        .containsExactly("run-1");
    assertThat(agent.list(Query.of(Status.LOST)))
        .extracting(Experiment::id)
        .containsExactly("run-3", "run-2");
  }

  @Test
  void anExperimentIsFoundByAPartOfItsName() throws Exception {
    store.put(Samples.success(7, "model", "Q4_K_M"));
    store.put(Samples.success(71, "model", "Q4_K_M"));

    assertThat(agent().find("run-7").id()).as("whole names first").isEqualTo("run-7");
    assertThat(agent().find("71").id()).isEqualTo("run-71");
    assertThatThrownBy(() -> agent().find("run"))
        .isInstanceOf(InputException.class)
        .hasMessage("'run' may be any of 2 experiments");
    assertThatThrownBy(() -> agent().find("8"))
        .isInstanceOf(InputException.class)
        .hasMessage("there is no experiment '8'");
  }

  @Test
  void aRunOfTheSameRecipeIsANewVersion() throws Exception {
    Experiment first = Samples.success(1, "model", "Q4_K_M");
    Experiment other = Samples.success(2, "model", "Q8_0");
    Experiment second = Samples.success(3, "model", "Q4_K_M");
    store.put(second);
    store.put(other);
    store.put(first);

    assertThat(agent().versions(first))
        .extracting(Experiment::id)
        .containsExactly("run-1", "run-3");
    assertThat(agent().parent(second).map(Experiment::id)).contains("run-1");
    assertThat(agent().parent(first)).isEmpty();
    assertThat(agent().parent(other)).isEmpty();
  }

  @Test
  void measurementsAreAddedLater() throws Exception {
    store.put(Samples.success(1, "model", "Q4_K_M"));

    agent().measure("run-1", "kld_mean", 0.0125);

    assertThat(store.find("run-1").orElseThrow().metrics())
        .containsEntry("kld_mean", 0.0125)
        .containsEntry("perplexity", 6.25);
    assertThat(agent().measure("run-2", "kld_mean", 1)).isEmpty();
  }

  @Test
  void predictionsAreMadeFromWhatCameBeforeAndHeldAgainstWhatCame() throws Exception {
    for (int i = 0; i < 12; i++) {
      store.put(Samples.success(i, "model-" + i, "Q4_K_M", 8_000_000_000L, 100));
    }

    MemoryAgent agent = agent();

    assertThat(agent.find("run-0").predicted().get(Experiment.TOTAL))
        .as("from the prior")
        .isBetween(20.0, 60.0);
    assertThat(agent.find("run-11").predicted().get(Experiment.TOTAL))
        .as("from eleven such runs")
        .isBetween(95.0, 105.0);
    assertThat(agent.statistics().times().runs()).isEqualTo(12);
    assertThat(agent.statistics().times().factor().orElseThrow()).isBetween(1.0, 1.3);
    Double first = agent.find("run-0").predicted().get(Experiment.TOTAL);
    assertThat(agent().find("run-0").predicted())
        .as("a prediction stays")
        .containsEntry(Experiment.TOTAL, first);
  }

  @Test
  void qualityIsPredictedAndHeldAgainstWhatWasMeasured() throws Exception {
    for (int i = 0; i < 6; i++) {
      store.put(Samples.success(i, "model", "Q4_K_M").withMetric("kld_mean", 0.2));
    }
    store.put(Samples.success(7, "model", "Q8_0"));

    MemoryAgent agent = agent();

    double first = agent.find("run-0").predicted().getOrDefault("kld_mean", 0.0);
    assertThat(first).as("from the prior").isBetween(0.05, 0.15);
    assertThat(agent.find("run-5").predicted().get("kld_mean")).isBetween(first, 0.21);
    assertThat(agent.find("run-7").predicted()).doesNotContainKey("kld_mean");
    Statistics.Accuracy accuracy = agent.statistics().divergences();
    assertThat(accuracy.runs()).isEqualTo(6);
    assertThat(accuracy.factor().orElseThrow()).isBetween(1.0, 0.2 / first);
  }

  @Test
  void statisticsCountAndCompare() throws Exception {
    store.put(Samples.success(1, "a", "Q4_K_M", 1000, 10));
    store.put(Samples.success(2, "a", "Q4_K_M", 1000, 30));
    store.put(Samples.success(3, "b", "Q8_0", 3000, 5));
    store.put(Samples.failure(4, "c", "Q4_K_M", "no space"));
    store.put(Samples.running(5, Owner.here()));

    Statistics statistics = agent().statistics();

    assertThat(statistics.total()).isEqualTo(5);
    assertThat(statistics.rate(Status.SUCCESS).orElseThrow()).isCloseTo(0.75, within(1e-9));
    assertThat(statistics.rate(Status.FAILED).orElseThrow()).isCloseTo(0.25, within(1e-9));
    assertThat(statistics.bytesSaved())
        .as("the second run of a recipe saves nothing more")
        .isEqualTo(1500 + 4500);
    Statistics.Group q4 = statistics.methods().getFirst();
    assertThat(q4.type()).isEqualTo("Q4_K_M");
    assertThat(q4.runs()).isEqualTo(3);
    assertThat(q4.successes()).isEqualTo(2);
    assertThat(q4.meanSeconds()).hasValue(20);
    assertThat(q4.meanRatio()).hasValue(4);
    assertThat(Statistics.of(java.util.List.of()).rate(Status.SUCCESS)).isEmpty();
  }
}
