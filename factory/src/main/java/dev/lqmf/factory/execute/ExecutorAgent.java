package dev.lqmf.factory.execute;

import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.ModelDownload;
import dev.lqmf.factory.QuantMethod;
import dev.lqmf.factory.QuantizeJob;
import dev.lqmf.factory.QuantizeReport;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.factory.event.EventBus;
import dev.lqmf.factory.memory.ExperimentRecorder;
import dev.lqmf.quant.Kernels;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.GpuException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what was planned: refuses what there is no room for, goes on with the processor when
 * the GPU fails, and has the run recorded. What may pass is tried again: downloads by the hub's
 * client, file by file, and the whole run when the system fails to read or write. A run that was
 * cut short is resumed by the same request: what is complete stays, and what a method keeps is gone
 * on with.
 *
 * <p>Executes one request at a time.
 */
public final class ExecutorAgent {
  private final Kernels kernels;
  private final ModelDownload download;
  private final RunRecord record;
  private final ResourceCheck resources;
  private final boolean cpuFallback;
  private final Retries retries;
  private final Object lock = new Object();

  /** Guarded by the lock. */
  private @Nullable QuantizeJob running;

  /** Guarded by the lock. */
  private boolean cancelled;

  /** Those who were told of the last run. */
  private volatile EventBus<JobEvent> told = unrecorded(_ -> {});

  /**
   * @param record what is told of runs that are to be remembered
   * @param cpuFallback whether the processor takes over when the GPU fails
   * @param retries how often a run that failed to read or write is tried again
   */
  public ExecutorAgent(
      Kernels kernels,
      ModelDownload download,
      RunRecord record,
      FreeResources free,
      boolean cpuFallback,
      Retries retries) {
    this.kernels = kernels;
    this.download = download;
    this.record = record;
    this.resources = new ResourceCheck(free);
    this.cpuFallback = cpuFallback;
    this.retries = retries;
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
    EventBus<JobEvent> bus =
        run.isPresent() ? record.of(run.get(), listener) : unrecorded(listener);
    told = bus;
    try {
      return persist(request, bus::publish);
    } catch (IOException | RuntimeException e) {
      try {
        bus.publish(new JobEvent.Failed(e));
      } catch (RuntimeException second) {
        e.addSuppressed(second);
      }
      throw e;
    } finally {
      bus.flush(); // who sees the results finds them recorded
    }
  }

  /** Nobody subscribes to it, so nobody fails. */
  private static EventBus<JobEvent> unrecorded(Consumer<JobEvent> listener) {
    return new EventBus<>(listener, _ -> {});
  }

  /** Tells whoever was told of the last run what became of its results, as a test of them does. */
  public void tell(JobEvent event) {
    EventBus<JobEvent> bus = told;
    bus.publish(event);
    bus.flush();
  }

  /** Asks what is running to stop; may be called from any thread. */
  public void cancel() {
    synchronized (lock) {
      cancelled = true;
      lock.notifyAll();
      if (running != null) {
        running.cancel();
      }
    }
  }

  /**
   * Tries again what the system may have failed to read or write only once, as on a network's disk.
   * Outputs that are complete stay.
   */
  private QuantizeReport persist(QuantizeRequest request, Consumer<JobEvent> listener)
      throws IOException {
    for (int failed = 1; ; failed++) {
      try {
        return attempt(request, listener);
      } catch (IOException e) {
        if (failed > retries.count() || !Retries.mayPass(e)) {
          throw e;
        }
        Duration pause = retries.pause(failed);
        listener.accept(
            new JobEvent.Notice(
                "%s; trying again in %d s".formatted(e.getMessage(), pause.toSeconds())));
        await(pause);
      }
    }
  }

  /** Waits, unless the run is cancelled. */
  private void await(Duration pause) {
    long end = System.nanoTime() + pause.toNanos();
    synchronized (lock) {
      try {
        for (long left = pause.toMillis();
            left > 0 && !cancelled;
            left = (end - System.nanoTime()) / 1_000_000) {
          lock.wait(left);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException("interrupted");
      }
      if (cancelled) {
        throw new CancellationException("cancelled");
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
    try {
      switch (event) {
        case JobEvent.Fetching f -> resources.check(f, request);
        case JobEvent.Planned(var plan) when !request.dryRun() -> resources.check(plan);
        case JobEvent.Calibrating c when c.blocksDone() == 0 ->
            resources.checkMemory(c.workingBytes(), "give a shorter text: --calibrate=FILE");
        default -> {}
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    listener.accept(event);
  }
}
