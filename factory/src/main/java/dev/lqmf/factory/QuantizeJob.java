package dev.lqmf.factory;

import dev.lqmf.quant.Kernels;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Turns a model into quantized ones, as a {@link QuantizeRequest} says. */
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

  private ModelLocation locate(Consumer<JobEvent> listener) throws IOException {
    synchronized (lock) {
      checkCancelled();
      downloading = Thread.currentThread();
    }
    try {
      return new InputResolver(download, listener).locate(request.input());
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
    ModelLocation location = locate(listener);
    long start = System.nanoTime(); // a download tells of itself, and says nothing of this machine
    warmUpEarly(location);
    return quantize(location, listener, start);
  }

  private QuantizeReport quantize(ModelLocation location, Consumer<JobEvent> listener, long start)
      throws IOException {
    var context =
        new QuantMethod.Context(
            request.outputRoot(),
            request.force(),
            kernels,
            request.threads(),
            request.dryRun(),
            event -> {
              checkCancelled();
              listener.accept(event);
            });
    try (PreparedModel model = request.method().prepare(location, context)) {
      List<PlannedOutput> outputs = model.outputs();
      List<PlannedOutput> missing = new ArrayList<>();
      List<OutputPlan> plans = new ArrayList<>();
      for (PlannedOutput output : outputs) {
        boolean done = output.inspect();
        plans.add(output.plan(done));
        if (!done) {
          missing.add(output);
        }
      }
      JobPlan plan =
          new JobPlan(
              model.name(),
              model.architecture(),
              model.source().origin(),
              model.inputBytes(),
              model.elements(),
              model.workingBytes(),
              plans,
              model.notes());
      listener.accept(new JobEvent.Planned(plan));
      Kernels fit = kernels.forWork(plan.elements() * missing.size());
      List<OutputReport> reports = new ArrayList<>();
      if (!request.dryRun()) {
        for (int i = 0; i < outputs.size(); i++) {
          if (plans.get(i).done()) {
            OutputReport report = outputs.get(i).report(true);
            ResultDirectory.clearDebris(report.directory());
            listener.accept(new JobEvent.OutputFinished(report));
          }
        }
        make(fit, model, missing, listener, start);
        for (int i = 0; i < outputs.size(); i++) {
          reports.add(outputs.get(i).report(plans.get(i).done()));
        }
      }
      return new QuantizeReport(
          plan.model(),
          location.path(),
          plan.origin(),
          plan.inputBytes(),
          reports,
          fit.name(),
          request.threads(),
          since(start));
    }
  }

  /** Warms up in the background, unless the model is so small that it would be in the way. */
  private void warmUpEarly(ModelLocation location) throws IOException {
    Kernels likely = kernels.forWork(request.dryRun() ? 0 : location.likelyWeights());
    Thread.ofPlatform().name("warm-up").daemon().start(() -> request.method().warmUp(likely));
  }

  private void make(
      Kernels fit,
      PreparedModel model,
      List<PlannedOutput> outputs,
      Consumer<JobEvent> listener,
      long start)
      throws IOException {
    if (outputs.isEmpty()) {
      return;
    }
    try (OutputSet set = OutputSet.open(outputs)) {
      model.encode(
          set.writers(),
          fit,
          request.threads(),
          new ProgressReporter(listener, model.inputBytes()),
          () -> cancelled);
      for (OutputWriter writer : set.writers()) {
        writer.publish(fit.name(), request.threads(), since(start));
        listener.accept(new JobEvent.OutputFinished(writer.output().report(false)));
      }
    }
  }

  private static Duration since(long startNanos) {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }
}
