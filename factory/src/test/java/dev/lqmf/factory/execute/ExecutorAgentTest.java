package dev.lqmf.factory.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.GgufMethod;
import dev.lqmf.factory.GptqMethod;
import dev.lqmf.factory.GptqOptions;
import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.ModelDownload;
import dev.lqmf.factory.ModelLocation;
import dev.lqmf.factory.PreparedModel;
import dev.lqmf.factory.QuantMethod;
import dev.lqmf.factory.QuantizeReport;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.config.Configuration;
import dev.lqmf.factory.config.StorageBackend;
import dev.lqmf.factory.memory.Experiment;
import dev.lqmf.factory.memory.Experiment.Status;
import dev.lqmf.factory.memory.ExperimentRecorder;
import dev.lqmf.factory.memory.ExperimentStores;
import dev.lqmf.factory.memory.MemoryAgent;
import dev.lqmf.factory.memory.Query;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.ComputeDevice;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExecutorAgentTest {
  private static final Path EXAMPLE = Path.of("../examples/models/docs-llama-4m");
  private static final Optional<ExperimentRecorder.Run> RUN =
      Optional.of(new ExperimentRecorder.Run(EXAMPLE.toString(), "gguf", "Q8_0", "1.2.3"));

  @TempDir Path directory;

  private final List<JobEvent> events = new ArrayList<>();
  private final List<String> unrecorded = new CopyOnWriteArrayList<>();

  /** A machine with so much room. */
  private record Free(long disk, long memory) implements FreeResources {
    private static final Free PLENTY = new Free(Long.MAX_VALUE, Long.MAX_VALUE);

    @Override
    public long disk(Path anywhere) {
      return disk;
    }
  }

  /** A method whose GPU fails as libtorch says it. */
  private record OnGpu(QuantMethod cpu, String failure) implements QuantMethod {
    @Override
    public String name() {
      return cpu.name();
    }

    @Override
    public Optional<QuantMethod> onCpu() {
      return Optional.of(cpu);
    }

    @Override
    public PreparedModel prepare(ModelLocation model, Context context) {
      throw new RuntimeException(failure);
    }
  }

  @AfterEach
  void everythingIsRecorded() {
    assertThat(unrecorded).isEmpty();
  }

  /** A method that the system lets down some times before it works. */
  private record Shaky(QuantMethod steady, IOException failure, AtomicInteger failures)
      implements QuantMethod {
    @Override
    public String name() {
      return steady.name();
    }

    @Override
    public PreparedModel prepare(ModelLocation model, Context context) throws IOException {
      if (failures.getAndDecrement() > 0) {
        throw failure;
      }
      return steady.prepare(model, context);
    }
  }

  private ExecutorAgent agent(FreeResources free, boolean cpuFallback) throws IOException {
    return agent(
        free,
        cpuFallback,
        (id, _) -> {
          throw new AssertionError("nothing is to be downloaded: " + id);
        });
  }

  private ExecutorAgent agent(FreeResources free, boolean cpuFallback, ModelDownload download)
      throws IOException {
    return new ExecutorAgent(
        new ScalarKernels(),
        download,
        new RunRecord(
            Configuration.load(Map.of(), Map.of("STORAGE_BACKEND", "json"), directory),
            unrecorded::add),
        free,
        cpuFallback,
        new Retries(2, Duration.ofMillis(1)));
  }

  private QuantizeRequest request() {
    return QuantizeRequest.of(EXAMPLE.toString(), List.of(GgufFileType.Q8_0))
        .outputRoot(directory.resolve("results"))
        .build();
  }

  private QuantizeRequest gptq(ComputeDevice device) {
    GptqOptions usual = GptqOptions.DEFAULTS;
    return QuantizeRequest.of(
            EXAMPLE.toString(),
            new GptqMethod(
                new GptqOptions(
                    usual.settings(), 512, OptionalInt.empty(), Optional.empty(), false, device)))
        .outputRoot(directory.resolve("results"))
        .build();
  }

  private List<Experiment> experiments() throws IOException {
    try (MemoryAgent memory =
        MemoryAgent.over(
            ExperimentStores.open(StorageBackend.JSON, directory.resolve("experiments")))) {
      return memory.list(Query.ALL);
    }
  }

  private List<String> notices() {
    return events.stream()
        .filter(JobEvent.Notice.class::isInstance)
        .map(e -> ((JobEvent.Notice) e).text())
        .toList();
  }

  @Test
  void aRunIsCarriedOutRecordedAndLogged() throws IOException {
    QuantizeReport report = agent(Free.PLENTY, true).execute(request(), RUN, events::add);

    assertThat(report.outputs()).hasSize(1);
    assertThat(report.outputs().getFirst().files().getFirst()).exists();
    assertThat(events.getFirst()).isInstanceOf(JobEvent.Planned.class);
    assertThat(events.getLast()).isInstanceOf(JobEvent.Finished.class);
    assertThat(experiments()).extracting(Experiment::status).containsExactly(Status.SUCCESS);
    assertThat(directory.resolve("logs/lqmf.jsonl")).content().contains("\"finished\"");
  }

  @Test
  void whatLeavesNoTraceIsNotRecorded() throws IOException {
    agent(Free.PLENTY, true).execute(request(), Optional.empty(), events::add);

    assertThat(directory.resolve("results")).isNotEmptyDirectory();
    assertThat(directory).isDirectoryNotContaining("glob:**/{experiments,logs}");
  }

  @Test
  void whatDoesNotFitOnTheDiskIsRefusedBeforeAnythingIsWritten() throws IOException {
    ExecutorAgent agent = agent(new Free(1000, Long.MAX_VALUE), true);

    assertThatThrownBy(() -> agent.execute(request(), RUN, events::add))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e)
                  .hasMessageMatching(
                      "the results take [\\d,]+ bytes, but only 1,000 are free in .*");
              assertThat(e.mend()).contains("free some space");
            });
    assertThat(directory.resolve("results")).doesNotExist();
    assertThat(events).hasExactlyElementsOfTypes(JobEvent.Failed.class);
    assertThat(experiments()).extracting(Experiment::status).containsExactly(Status.FAILED);
  }

  @Test
  void whatIsThereAlreadyNeedsNoRoom() throws IOException {
    agent(Free.PLENTY, true).execute(request(), RUN, _ -> {});

    QuantizeReport again = agent(new Free(0, 0), true).execute(request(), RUN, _ -> {});

    assertThat(again.outputs().getFirst().reused()).isTrue();
  }

  @Test
  void whatDoesNotFitIntoMemoryIsRefused() throws IOException {
    ExecutorAgent agent = agent(new Free(Long.MAX_VALUE, 1_000_000), true);

    assertThatThrownBy(() -> agent.execute(gptq(ComputeDevice.CPU), RUN, events::add))
        .isInstanceOf(InputException.class)
        // All 250 samples of the text × 512 tokens × 256 wide × 4 bytes, twice; the rest is little.
        .hasMessageMatching(
            "the work takes at least 26\\d,\\d{3},\\d{3} bytes of memory, but only 1,000,000"
                + " are free");
    assertThat(directory.resolve("results")).doesNotExist();
  }

  @Test
  void whatCannotBeCalibratedInMemoryIsRefusedBeforeItBegins() throws IOException {
    QuantizeRequest calibrated =
        QuantizeRequest.of(
                EXAMPLE.toString(),
                new GgufMethod(
                    List.of(GgufFileType.Q4_K_M),
                    MixOptions.NONE,
                    Optional.of(new GgufMethod.Importance.Measured(Optional.empty())),
                    OptionalLong.empty()))
            .outputRoot(directory.resolve("results"))
            .build();
    ExecutorAgent agent = agent(new Free(Long.MAX_VALUE, 1_000_000), true);

    assertThatThrownBy(() -> agent.execute(calibrated, RUN, events::add))
        .isInstanceOf(InputException.class)
        .hasMessageMatching(
            "the work takes at least [\\d,]{11} bytes of memory, but only 1,000,000 are free");
    assertThat(events).noneMatch(e -> e instanceof JobEvent.Calibrating c && c.blocksDone() > 0);
    assertThat(directory.resolve("results")).doesNotExist();
    assertThat(experiments()).extracting(Experiment::status).containsExactly(Status.FAILED);
  }

  @Test
  void whatHasNoRoomIsNotDownloaded() throws IOException {
    AtomicBoolean downloaded = new AtomicBoolean();
    // 8.5 of 32 bits of 800 MB, and the download beside it.
    ExecutorAgent agent =
        agent(
            new Free(1_000_000_000, Long.MAX_VALUE),
            true,
            (_, listener) -> {
              listener.beginning(800_000_000, 800_000_000, directory);
              downloaded.set(true);
              return EXAMPLE;
            });
    QuantizeRequest request =
        QuantizeRequest.of("org/model", List.of(GgufFileType.Q8_0))
            .outputRoot(directory.resolve("results"))
            .build();

    assertThatThrownBy(() -> agent.execute(request, RUN, events::add))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "the results take at least 212,500,000 bytes and the download 800,000,000, but only"
                + " 1,000,000,000 are free in "
                + directory.toAbsolutePath());
    assertThat(downloaded).isFalse();

    // Where there are results already, it may be that no other is to be made.
    Files.createDirectories(directory.resolve("results/model_gguf_Q2_K"));
    agent.execute(request, RUN, events::add);
    assertThat(downloaded).isTrue();
  }

  @Test
  void whatTheSystemFailedToReadIsTriedAgain() throws IOException {
    QuantMethod shaky =
        new Shaky(request().method(), new IOException("Input/output error"), new AtomicInteger(2));

    QuantizeReport report =
        agent(Free.PLENTY, true).execute(request().with(shaky), RUN, events::add);

    assertThat(report.outputs()).hasSize(1);
    assertThat(notices())
        .containsExactly(
            "Input/output error; trying again in 0 s", "Input/output error; trying again in 0 s");
    assertThat(experiments()).extracting(Experiment::status).containsExactly(Status.SUCCESS);
  }

  @Test
  void triesEndAndAFullDiskIsNoneToTryAgain() throws IOException {
    IOException passing = new IOException("Input/output error");
    QuantMethod tooOften = new Shaky(request().method(), passing, new AtomicInteger(3));
    IOException full = new FileSystemException("out.gguf", null, "No space left on device");
    AtomicInteger failures = new AtomicInteger(1);

    assertThatThrownBy(
            () -> agent(Free.PLENTY, true).execute(request().with(tooOften), RUN, events::add))
        .isSameAs(passing);
    assertThatThrownBy(
            () ->
                agent(Free.PLENTY, true)
                    .execute(
                        request().with(new Shaky(request().method(), full, failures)),
                        RUN,
                        events::add))
        .isSameAs(full);
    assertThat(failures).hasValue(0);
    assertThat(experiments())
        .extracting(Experiment::status)
        .containsExactly(Status.FAILED, Status.FAILED);
  }

  @Test
  void theProcessorTakesOverWhenTheGpuFails() throws IOException {
    QuantizeRequest broken =
        request()
            .with(new OnGpu(request().method(), "CUDA out of memory. Tried to\nallocate 2 GiB"));

    QuantizeReport report = agent(Free.PLENTY, true).execute(broken, RUN, events::add);

    assertThat(report.outputs()).hasSize(1);
    assertThat(notices())
        .containsExactly(
            "the GPU cannot be used (CUDA out of memory. Tried to); going on with the processor");
    assertThat(events).noneMatch(JobEvent.Failed.class::isInstance);
    assertThat(experiments()).extracting(Experiment::status).containsExactly(Status.SUCCESS);
  }

  @Test
  void withoutFallbackAGpuThatFailsEndsTheRun() throws IOException {
    QuantizeRequest broken =
        request().with(new OnGpu(request().method(), "CUDA error: device-side assert triggered"));

    assertThatThrownBy(() -> agent(Free.PLENTY, false).execute(broken, RUN, events::add))
        .isInstanceOfSatisfying(
            InputException.class, e -> assertThat(e.mend()).contains("CPU_FALLBACK=true"))
        .hasMessage("the GPU cannot be used: CUDA error: device-side assert triggered");
    assertThat(events).hasExactlyElementsOfTypes(JobEvent.Failed.class);
    assertThat(experiments()).extracting(Experiment::status).containsExactly(Status.FAILED);
  }

  @Test
  void whatIsNotTheGpusFaultIsNotTriedOnTheProcessor() throws IOException {
    QuantizeRequest broken = request().with(new OnGpu(request().method(), "index out of range"));

    assertThatThrownBy(() -> agent(Free.PLENTY, true).execute(broken, RUN, events::add))
        .hasMessage("index out of range");
    assertThat(notices()).isEmpty();
  }

  @Test
  void gptqOnAGpuIsTheSameOnTheProcessor() {
    assertThat(gptq(ComputeDevice.CUDA).method().onCpu())
        .contains(gptq(ComputeDevice.CPU).method());
    assertThat(gptq(ComputeDevice.CPU).method().onCpu()).isEmpty();
  }

  @Test
  void aCancelledRunIsRecordedAndResumedByTheSameRequest() throws IOException {
    ExecutorAgent first = agent(Free.PLENTY, true);

    assertThatThrownBy(
            () ->
                first.execute(
                    request(),
                    RUN,
                    event -> {
                      if (event instanceof JobEvent.Planned) {
                        first.cancel();
                      }
                    }))
        .isInstanceOf(CancellationException.class);

    assertThat(experiments()).extracting(Experiment::status).containsExactly(Status.CANCELLED);
    Path result =
        agent(Free.PLENTY, true)
            .execute(request(), RUN, _ -> {})
            .outputs()
            .getFirst()
            .files()
            .getFirst();
    assertThat(Files.size(result)).isPositive();
  }
}
