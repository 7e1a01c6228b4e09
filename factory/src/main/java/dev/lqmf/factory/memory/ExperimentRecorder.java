package dev.lqmf.factory.memory;

import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.JobPlan;
import dev.lqmf.factory.OutputPlan;
import dev.lqmf.factory.OutputReport;
import dev.lqmf.factory.memory.Experiment.Sizes;
import dev.lqmf.factory.memory.Experiment.Status;
import dev.lqmf.factory.memory.Experiment.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes experiments of what a job tells: one at its beginning, so that a killed run leaves a trace;
 * once there is a plan one for each output that is to be made. Outputs that were there already are
 * no experiments.
 */
public final class ExperimentRecorder implements Consumer<JobEvent> {
  private static final DateTimeFormatter ID_TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private final ExperimentStore store;
  private final InstantSource clock;
  private final Experiment first;

  /** By the directory of their output, once there is a plan. */
  private final Map<Path, Experiment> running = new LinkedHashMap<>();

  private @Nullable Instant downloadBegan;
  private Duration download = Duration.ZERO;
  private boolean planned;

  private ExperimentRecorder(ExperimentStore store, InstantSource clock, Experiment first) {
    this.store = store;
    this.clock = clock;
    this.first = first;
  }

  /**
   * Who runs what.
   *
   * @param input what the user named
   * @param method as in {@code gguf}
   * @param types what is to be made, for people
   * @param version of LQMF
   * @param expected how long the plan says that it takes, downloading left out
   */
  public record Run(
      String input, String method, String types, String version, Optional<Duration> expected) {

    /** A run without a plan. */
    public Run(String input, String method, String types, String version) {
      this(input, method, types, version, Optional.empty());
    }
  }

  /**
   * Begins to record a run.
   *
   * @throws IOException if the store cannot be written
   */
  public static ExperimentRecorder begin(ExperimentStore store, InstantSource clock, Run run)
      throws IOException {
    Instant now = clock.instant();
    Experiment first =
        new Experiment(
            newId(now),
            Status.RUNNING,
            new Task(
                nameOf(run.input()),
                run.input(),
                run.method(),
                run.types(),
                1,
                Optional.empty(),
                Optional.empty()),
            Sizes.UNKNOWN,
            new TreeMap<>(),
            new TreeMap<>(),
            predicted(run),
            Optional.empty(),
            List.of(),
            now,
            Optional.empty(),
            run.version(),
            Machine.here(),
            Owner.here());
    store.put(first);
    return new ExperimentRecorder(store, clock, first);
  }

  private static SortedMap<String, Double> predicted(Run run) {
    SortedMap<String, Double> predicted = new TreeMap<>();
    run.expected().ifPresent(time -> predicted.put(Experiment.TOTAL, seconds(time)));
    return predicted;
  }

  /** Until the plan tells the model's name: the last part of what the user named. */
  private static String nameOf(String input) {
    String trimmed = input.replaceFirst("[/\\\\]+$", "");
    String last = trimmed.replaceFirst(".*[/\\\\]", "");
    return last.isEmpty() ? input : last;
  }

  private static String newId(Instant now) {
    int random = ThreadLocalRandom.current().nextInt(36 * 36 * 36 * 36);
    String suffix = Integer.toString(random, 36);
    return ID_TIME.format(now) + "-" + "0".repeat(4 - suffix.length()) + suffix;
  }

  /** The run's name; that of its first output. */
  public String id() {
    return first.id();
  }

  @Override
  public void accept(JobEvent event) {
    try {
      switch (event) {
        case JobEvent.Downloading _ -> {
          if (downloadBegan == null) {
            downloadBegan = clock.instant();
          }
        }
        case JobEvent.Planned p -> plan(p.plan());
        case JobEvent.OutputFinished o -> finish(o.output());
        case JobEvent.Failed f -> fail(f.cause());
        case JobEvent.Fetching _,
            JobEvent.Notice _,
            JobEvent.Calibrating _,
            JobEvent.Quantizing _,
            JobEvent.LayerQuantized _,
            JobEvent.Finished _,
            JobEvent.Testing _,
            JobEvent.Tested _ -> {}
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void plan(JobPlan plan) throws IOException {
    if (downloadBegan != null && !planned) {
      download = Duration.between(downloadBegan, clock.instant());
    }
    planned = true;
    List<OutputPlan> outputs = plan.outputs().stream().filter(o -> !o.done()).toList();
    if (outputs.isEmpty()) {
      store.delete(first.id());
    }
    for (int i = 0; i < outputs.size(); i++) {
      OutputPlan output = outputs.get(i);
      Task task =
          new Task(
              plan.model(),
              first.task().input(),
              first.task().method(),
              output.type(),
              outputs.size(),
              Optional.of(output.recipeHash()),
              Optional.of(output.recipe()));
      Experiment experiment =
          first.planned(
              i == 0 ? first.id() : first.id() + "-" + (i + 1),
              task,
              new Sizes(plan.elements(), plan.inputBytes(), 0, OptionalDouble.empty()));
      running.put(output.directory(), experiment);
      store.put(experiment);
    }
  }

  private void finish(OutputReport output) throws IOException {
    Experiment experiment = running.remove(output.directory());
    if (experiment != null) {
      Sizes made =
          new Sizes(
              experiment.sizes().elements(),
              experiment.sizes().inputBytes(),
              output.fileBytes(),
              OptionalDouble.of(output.bitsPerWeight()));
      store.put(end(experiment, Status.SUCCESS, made, Optional.empty()));
    }
  }

  private void fail(Exception cause) throws IOException {
    boolean cancelled = cause instanceof CancellationException;
    Optional<String> reason =
        cancelled
            ? Optional.empty()
            : Optional.of(Optional.ofNullable(cause.getMessage()).orElse(cause.toString()));
    if (!planned) {
      running.put(Path.of(""), first);
    }
    for (Experiment experiment : running.values()) {
      Status status = cancelled ? Status.CANCELLED : Status.FAILED;
      store.put(end(experiment, status, experiment.sizes(), reason));
    }
    running.clear();
  }

  private Experiment end(
      Experiment experiment, Status outcome, Sizes made, Optional<String> reason) {
    Instant now = clock.instant();
    Map<String, Double> times = new TreeMap<>();
    times.put(Experiment.TOTAL, seconds(Duration.between(first.started(), now).minus(download)));
    if (!download.isZero()) {
      times.put(Experiment.DOWNLOAD, seconds(download));
    }
    return experiment.ended(outcome, made, times, reason, now);
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
