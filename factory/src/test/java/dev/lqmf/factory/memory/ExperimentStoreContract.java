package dev.lqmf.factory.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.factory.config.StorageBackend;
import dev.lqmf.factory.memory.Experiment.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store does. */
abstract class ExperimentStoreContract {
  private static final int EACH = 60;

  @TempDir Path directory;
  private ExperimentStore store;

  abstract StorageBackend backend();

  @BeforeEach
  void open() throws IOException {
    store = ExperimentStores.open(backend(), directory);
  }

  @AfterEach
  void close() throws IOException {
    store.close();
  }

  private void reopen() throws IOException {
    store.close();
    open();
  }

  @Test
  void anExperimentComesBackAsItWas() throws Exception {
    Experiment success = Samples.success(1, "Mistral-7B", "Q4_K_M").withMetric("kld_mean", 1e-9);
    Experiment failure = Samples.failure(2, "Zürich", "Q8_0", "a \"quoted\"\nerror; DROP TABLE x");
    Experiment running = Samples.running(3, Owner.here());
    for (Experiment e : List.of(success, failure, running)) {
      store.put(e);
    }
    reopen();

    for (Experiment e : List.of(success, failure, running)) {
      assertThat(store.find(e.id())).contains(e);
    }
    assertThat(store.find("run-9")).isEmpty();
    assertThat(store.list(Query.ALL)).containsExactly(running, failure, success);
  }

  @Test
  void anEmptyStoreHasNothing() throws Exception {
    assertThat(store.list(Query.ALL)).isEmpty();
    assertThat(store.find("run-1")).isEmpty();
    assertThat(store.delete("run-1")).isFalse();
    assertThat(store.update("run-1", e -> e)).isEmpty();
  }

  @Test
  void theSameNameIsTheSameExperiment() throws Exception {
    store.put(Samples.running(1, Owner.here()));
    store.put(Samples.success(1, "model", "Q4_K_M"));

    assertThat(store.list(Query.ALL)).containsExactly(Samples.success(1, "model", "Q4_K_M"));
  }

  @Test
  void queriesMeetEveryCondition() throws Exception {
    Experiment a = Samples.success(1, "Mistral-7B", "Q4_K_M");
    Experiment b = Samples.success(2, "Qwen3-8B", "Q8_0");
    Experiment c = Samples.failure(3, "Ömega", "Q4_K_M", "the disk is FULL");
    for (Experiment e : List.of(a, b, c)) {
      store.put(e);
    }

    assertThat(store.list(Query.of(Status.SUCCESS))).containsExactly(b, a);
    assertThat(store.list(query("mistral", null, null))).containsExactly(a);
    assertThat(store.list(query("ÖMEGA", null, null))).containsExactly(c);
    assertThat(store.list(query("%", null, null))).as("no wildcard").isEmpty();
    assertThat(store.list(query(null, "GGUF", "q4_k_m"))).containsExactly(c, a);
    assertThat(store.list(query("mistral", "gguf", "Q8_0"))).isEmpty();
    assertThat(store.list(Query.containing("full"))).containsExactly(c);
    assertThat(store.list(Query.containing("ünusual"))).containsExactly(c, b, a);
    assertThat(store.list(Query.containing("together"))).as("names of fields").isEmpty();
  }

  private static Query query(
      @Nullable String model, @Nullable String method, @Nullable String type) {
    return new Query(
        Optional.empty(),
        Optional.ofNullable(model),
        Optional.ofNullable(method),
        Optional.ofNullable(type),
        Optional.empty());
  }

  @Test
  void whatIsDeletedIsGone() throws Exception {
    store.put(Samples.success(1, "model", "Q4_K_M"));
    store.put(Samples.success(2, "model", "Q4_K_M"));

    assertThat(store.delete("run-1")).isTrue();
    reopen();
    assertThat(store.list(Query.ALL)).containsExactly(Samples.success(2, "model", "Q4_K_M"));
  }

  @Test
  void whatARunLeavesIsTakenOver() throws Exception {
    Experiment running = Samples.running(1, Owner.here());
    try (ExperimentStore recording = ExperimentStores.forRecording(backend(), directory)) {
      recording.put(running);
      reopen();
      assertThat(store.list(Query.ALL)).containsExactly(running);

      recording.put(Samples.success(1, "model", "Q4_K_M"));
      reopen();
      assertThat(store.list(Query.ALL)).containsExactly(Samples.success(1, "model", "Q4_K_M"));
    }
    store.delete("run-1");
    reopen();
    assertThat(store.list(Query.ALL)).isEmpty();
  }

  @Test
  void aRunningOneThatIsDeletedDoesNotComeBack() throws Exception {
    ExperimentStores.forRecording(backend(), directory).put(Samples.running(1, Owner.here()));
    reopen();

    assertThat(store.delete("run-1")).isTrue();
    reopen();
    assertThat(store.list(Query.ALL)).isEmpty();
  }

  @Test
  void threadsThatChangeTheSameExperimentLoseNothing() throws Exception {
    store.put(Samples.success(1, "model", "Q4_K_M"));
    List<Future<?>> changes = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(4);
        ExperimentStore other = ExperimentStores.open(backend(), directory)) {
      for (int i = 0; i < 20; i++) {
        String tag = "tag-" + i;
        ExperimentStore used = i % 2 == 0 ? store : other;
        changes.add(threads.submit(() -> used.update("run-1", e -> e.withTag(tag))));
      }
      for (Future<?> change : changes) {
        change.get();
      }
    }

    assertThat(store.find("run-1").orElseThrow().tags()).hasSize(21);
  }

  @Test
  void twoProcessesLoseNothing() throws Exception {
    store.put(Samples.success(0, "shared", "Q4_K_M"));
    Process first = Writer.start(backend(), directory, 1);
    Process second = Writer.start(backend(), directory, 2);
    assertThat(first.waitFor()).isZero();
    assertThat(second.waitFor()).isZero();
    reopen();

    List<String> expected = new ArrayList<>();
    IntStream.of(1, 2)
        .forEach(w -> IntStream.range(0, EACH).forEach(i -> expected.add(w + "-" + i)));
    assertThat(store.list(query("written", null, null)))
        .extracting(e -> e.id().substring("run-".length()))
        .containsExactlyInAnyOrderElementsOf(expected);
    assertThat(new TreeSet<>(store.find("run-0").orElseThrow().tags())).containsAll(expected);
  }

  /** Another process that writes. It records as a run does, and changes what it shares. */
  static final class Writer {
    private Writer() {}

    static Process start(StorageBackend backend, Path directory, int number) throws IOException {
      return new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-XX:TieredStopAtLevel=1",
              "-XX:+UseSerialGC",
              "--enable-native-access=ALL-UNNAMED",
              "-cp",
              System.getProperty("java.class.path"),
              Writer.class.getName(),
              backend.name(),
              directory.toString(),
              Integer.toString(number))
          .inheritIO()
          .start();
    }

    public static void main(String[] args) throws IOException {
      StorageBackend backend = StorageBackend.valueOf(args[0]);
      Path directory = Path.of(args[1]);
      ExperimentStore recording = ExperimentStores.forRecording(backend, directory);
      try (ExperimentStore store = ExperimentStores.open(backend, directory)) {
        for (int i = 0; i < EACH; i++) {
          String name = args[2] + "-" + i;
          Experiment sample = Samples.success(1, "written", "Q4_K_M");
          Experiment own =
              new Experiment(
                  "run-" + name,
                  sample.status(),
                  sample.task(),
                  sample.sizes(),
                  sample.seconds(),
                  sample.metrics(),
                  sample.predicted(),
                  sample.error(),
                  sample.tags(),
                  sample.started(),
                  sample.finished(),
                  sample.version(),
                  sample.machine(),
                  sample.owner());
          (i % 2 == 0 ? recording : store).put(own);
          store.update("run-0", e -> e.withTag(name));
          if (i % 10 == 0) {
            ExperimentStores.open(backend, directory).close();
          }
        }
      }
    }
  }
}
