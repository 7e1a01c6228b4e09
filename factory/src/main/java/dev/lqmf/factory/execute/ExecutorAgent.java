package dev.lqmf.factory.execute;

import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.ModelDownload;
import dev.lqmf.factory.QuantMethod;
import dev.lqmf.factory.QuantizeJob;
import dev.lqmf.factory.QuantizeReport;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.memory.ExperimentRecorder;
import dev.lqmf.quant.Kernels;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.GpuException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what was planned: refuses what there is no room for, goes on with the processor when
 * the GPU fails, and has the run recorded. What can be downloaded at a second try is tried again by
 * the hub's client. A run that was cut short is resumed by the same request: what is complete
 * stays, and what a method keeps is gone on with.
 *
 * <p>Executes one request at a time.
 */
public final class ExecutorAgent {
  private final Kernels kernels;
  private final ModelDownload download;
  private final RunRecord record;
  private final ResourceCheck resources;
  private final boolean cpuFallback;
  private final Object lock = new Object();

  /** Guarded by the lock. */
  private @Nullable QuantizeJob running;

  /** Guarded by the lock. */
  private boolean cancelled;

  /** Those who were told of the last run. */
  private volatile Consumer<JobEvent> told = _ -> {};

  /**
   * @param record what is told of runs that are to be remembered
   * @param cpuFallback whether the processor takes over when the GPU fails
   */
  public ExecutorAgent(
      Kernels kernels,
      ModelDownload download,
      RunRecord record,
      FreeResources free,
      boolean cpuFallback) {
    this.kernels = kernels;
    this.download = download;
    this.record = record;
    this.resources = new ResourceCheck(free);
    this.cpuFallback = cpuFallback;
  }

  /**
   * Does the work.
   *
   * @param run as what it is recorded; empty: it leaves no trace
   * @param listener told what happens; a second plan means that the work begins anew. An exception
   *     it throws ends the run
   * @return what was done; of a dry run, no outputs
   * @throws InputException if the model or an option cannot be used, or there is no room
   * @throws IOException as {@link QuantizeJob#run}
   * @throws java.util.concurrent.CancellationException after {@link #cancel()}, or if the calling
   *     thread is interrupted
   */
  public QuantizeReport execute(
      QuantizeRequest request, Optional<ExperimentRecorder.Run> run, Consumer<JobEvent> listener)
      throws IOException {
    Consumer<JobEvent> all = run.isPresent() ? record.of(run.get(), listener) : listener;
    told = all;
    try {
      return attempt(request, all);
    } catch (IOException | RuntimeException e) {
      try {
        all.accept(new JobEvent.Failed(e));
      } catch (RuntimeException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  /** Tells whoever was told of the last run what became of its results, as a test of them does. */
  public void tell(JobEvent event) {
    told.accept(event);
  }

  /** Asks what is running to stop; may be called from any thread. */
  public void cancel() {
    synchronized (lock) {
      cancelled = true;
      if (running != null) {
        running.cancel();
      }
    }
  }

  private QuantizeReport attempt(QuantizeRequest request, Consumer<JobEvent> listener)
      throws IOException {
    Optional<QuantMethod> onCpu = request.method().onCpu();
    try {
      return quantize(request, listener);
    } catch (RuntimeException e) {
      if (onCpu.isEmpty() || !GpuException.explains(e)) {
        throw e;
      }
      String problem = firstLine(e);
      if (!cpuFallback) {
        throw new InputException(
            "the GPU cannot be used: " + problem,
            "use --device cpu, or let CPU_FALLBACK=true do it by itself",
            e);
      }
      listener.accept(
          new JobEvent.Notice(
              "the GPU cannot be used (" + problem + "); going on with the processor"));
      return quantize(request.with(onCpu.get()), listener);
    }
  }

  private static String firstLine(Throwable failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }

  private QuantizeReport quantize(QuantizeRequest request, Consumer<JobEvent> listener)
      throws IOException {
    QuantizeJob job = new QuantizeJob(request, kernels, download);
    synchronized (lock) {
      if (cancelled) {
        job.cancel();
      }
      running = job;
    }
    try {
      return job.run(event -> pass(event, request, listener));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Whether a failure is the end, the agent says. */
  private void pass(JobEvent event, QuantizeRequest request, Consumer<JobEvent> listener) {
    if (event instanceof JobEvent.Failed) {
      return;
    }
    if (event instanceof JobEvent.Planned(var plan) && !request.dryRun()) {
      try {
        resources.check(plan);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    listener.accept(event);
  }
}
