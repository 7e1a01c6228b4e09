package dev.lqmf.quant.stream;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Runs the same work on several threads, which share it out; the first failure stops them all. */
public final class WorkerThreads {
  /** What each thread does. */
  @FunctionalInterface
  public interface Body {
    /**
     * Works until nothing is left.
     *
     * @param stop to be asked before every piece
     */
    void run(BooleanSupplier stop) throws IOException;
  }

  private WorkerThreads() {}

  /**
   * Returns when all threads have ended.
   *
   * @param threads at least 1, or 0 if there is nothing to do
   * @param cancelled asked before every piece
   * @throws IOException if a thread failed so
   * @throws CancellationException if {@code cancelled} said so, or the calling thread was
   *     interrupted
   */
  public static void run(int threads, Body body, BooleanSupplier cancelled) throws IOException {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    BooleanSupplier stop = () -> failure.get() != null || cancelled.getAsBoolean();
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      workers.add(
          Thread.ofPlatform()
              .name("quantize-", i)
              .daemon()
              .start(
                  () -> {
                    try {
                      body.run(stop);
                    } catch (Throwable t) {
                      failure.compareAndSet(null, t);
                    }
                  }));
    }
    try {
      for (Thread worker : workers) {
        worker.join();
      }
    } catch (InterruptedException e) {
      failure.compareAndSet(null, e);
      joinUninterruptibly(workers);
      Thread.currentThread().interrupt();
    }
    switch (failure.get()) {
      case null -> {
        if (cancelled.getAsBoolean()) {
          throw new CancellationException("cancelled");
        }
      }
      case InterruptedException _ -> throw new CancellationException("interrupted");
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable t -> throw new IllegalStateException(t);
    }
  }

  /** They use the caller's source and sinks, so they must have ended before it goes on. */
  private static void joinUninterruptibly(List<Thread> workers) {
    for (Thread worker : workers) {
      while (true) {
        try {
          worker.join();
          break;
        } catch (InterruptedException _) {
          // The caller's interrupt is already known and is restored at the end.
        }
      }
    }
  }
}
