package dev.lqmf.factory;

import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.stream.StreamingQuantizer;
import dev.lqmf.quant.stream.TensorTarget;
import dev.lqmf.quant.stream.TensorTask;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Turns a model into quantized GGUF files, as a {@link QuantizeRequest} says. */
public final class QuantizeJob {
  private final QuantizeRequest request;
  private final Kernels kernels;
  private final ModelDownload download;
  private final Object lock = new Object();
  private volatile boolean cancelled;

  /** The thread that waits for the hub, which only an interrupt can wake; guarded by the lock. */
  private @Nullable Thread downloading;

  /** A job that fetches models from the hub as the environment describes it. */
  public QuantizeJob(QuantizeRequest request, Kernels kernels) {
    this(request, kernels, ModelDownload.HUB);
  }

  public QuantizeJob(QuantizeRequest request, Kernels kernels, ModelDownload download) {
    this.request = request;
    this.kernels = kernels;
    this.download = download;
  }

  /**
   * Does the work. Outputs appear under their names only when complete; whatever goes wrong,
   * nothing half-written remains.
   *
   * @param listener told what happens; an exception it throws ends the job
   * @return what was done; of a dry run, no outputs
   * @throws InputException if the model or an option cannot be used
   * @throws IOException if reading or writing failed; the message names the file
   * @throws CancellationException after {@link #cancel()}, or if the calling thread is interrupted
   */
  public QuantizeReport run(Consumer<JobEvent> listener) throws IOException {
    try {
      QuantizeReport report = quantize(listener);
      listener.accept(new JobEvent.Finished(report));
      return report;
    } catch (IOException | RuntimeException e) {
      try {
        listener.accept(new JobEvent.Failed(e));
      } catch (RuntimeException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  /** Asks a running job to stop; may be called from any thread. The job cleans up and throws. */
  public void cancel() {
    synchronized (lock) {
      cancelled = true;
      if (downloading != null) {
        downloading.interrupt();
      }
    }
  }

  private SourceModel open(Consumer<JobEvent> listener) throws IOException {
    synchronized (lock) {
      checkCancelled();
      downloading = Thread.currentThread();
    }
    try {
      return new InputResolver(download, listener).open(request.input());
    } finally {
      synchronized (lock) {
        downloading = null;
        if (cancelled) {
          // The interrupt was this job's own, and has done its work.
          var _ = Thread.interrupted();
        }
      }
    }
  }

  private void checkCancelled() {
    if (cancelled) {
      throw new CancellationException("cancelled");
    }
  }

  private QuantizeReport quantize(Consumer<JobEvent> listener) throws IOException {
    long start = System.nanoTime();
    Thread early = Thread.ofPlatform().name("warm-up").daemon().start(this::warmUpEarly);
    try (SourceModel source = open(listener)) {
      List<PlannedOutput> outputs = new Planner(request, kernels).plan(source);
      List<PlannedOutput> missing = new ArrayList<>();
      List<OutputPlan> plans = new ArrayList<>();
      for (PlannedOutput output : outputs) {
        boolean done = output.inspect();
        plans.add(output.plan(done));
        if (!done) {
          missing.add(output);
        }
      }
      List<TensorInfo> tensors = source.tensors().tensors();
      JobPlan plan =
          new JobPlan(
              source.name(),
              source.architecture(),
              source.origin(),
              tensors.stream().mapToLong(TensorInfo::byteSize).sum(),
              tensors.stream().mapToLong(t -> t.shape().elements()).sum(),
              plans,
              source.notes());
      listener.accept(new JobEvent.Planned(plan));
      early.interrupt();
      Kernels fit = kernels.forWork(plan.elements() * missing.size());
      List<OutputReport> reports = new ArrayList<>();
      if (!request.dryRun()) {
        for (int i = 0; i < outputs.size(); i++) {
          OutputReport report = outputs.get(i).report(plans.get(i).done());
          reports.add(report);
          if (report.reused()) {
            ResultDirectory.clearDebris(report.directory());
            listener.accept(new JobEvent.OutputFinished(report));
          }
        }
        make(fit, source, plan.inputBytes(), missing, listener, start);
      }
      return new QuantizeReport(
          plan.model(),
          plan.origin(),
          plan.inputBytes(),
          reports,
          fit.name(),
          request.threads(),
          since(start));
    } finally {
      early.interrupt();
    }
  }

  /** While the model is being opened, for the types that are likely. */
  private void warmUpEarly() {
    if (request.dryRun()) {
      return;
    }
    Set<TensorType> types = EnumSet.noneOf(TensorType.class);
    for (GgufFileType type : request.types()) {
      types.add(type.defaultType());
      if (type.isQuantized()) {
        // The output matrix of nearly all of them.
        types.add(TensorType.Q6_K);
      }
    }
    kernels.warmUp(types, request.imatrix().isPresent());
  }

  private void make(
      Kernels fit,
      SourceModel source,
      long inputBytes,
      List<PlannedOutput> outputs,
      Consumer<JobEvent> listener,
      long start)
      throws IOException {
    if (outputs.isEmpty()) {
      return;
    }
    try (OutputSet set = OutputSet.open(outputs)) {
      List<TensorTask> tasks = tasks(source, set.writers());
      fit.warmUp(
          tasks.stream()
              .flatMap(task -> task.targets().stream().map(TensorTarget::type))
              .collect(Collectors.toSet()),
          request.imatrix().isPresent());
      new StreamingQuantizer(fit, request.threads())
          .run(
              source.tensors(), tasks, new ProgressReporter(listener, inputBytes), () -> cancelled);
      for (OutputWriter writer : set.writers()) {
        PlannedOutput output = writer.output();
        writer.publish(output.summary(fit.name(), request.threads(), since(start)));
        listener.accept(new JobEvent.OutputFinished(output.report(false)));
      }
    }
  }

  private static List<TensorTask> tasks(SourceModel source, List<OutputWriter> writers) {
    // All outputs share the same weights.
    Map<String, List<float[]>> importance = new HashMap<>();
    List<Map<String, TensorTarget>> targets = new ArrayList<>();
    for (OutputWriter writer : writers) {
      targets.add(
          writer.targets(
              tensor ->
                  importance.computeIfAbsent(
                      tensor.name(),
                      _ -> writer.output().layout().imatrix().orElseThrow().columns(tensor))));
    }
    return source.tensors().tensors().stream()
        .map(
            tensor ->
                new TensorTask(
                    tensor,
                    targets.stream()
                        .map(t -> Objects.requireNonNull(t.get(tensor.name())))
                        .toList()))
        .toList();
  }

  private static Duration since(long startNanos) {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }
}
