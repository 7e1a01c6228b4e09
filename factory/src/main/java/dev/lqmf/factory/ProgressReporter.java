package dev.lqmf.factory;

import dev.lqmf.quant.stream.StreamProgress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * Makes events of what many threads report, a few per second. A thread that cannot have the
 * listener at once goes on working: the next report tells as much.
 */
final class ProgressReporter implements StreamProgress {
  private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Consumer<JobEvent> listener;
  private final long bytesTotal;
  private final AtomicLong bytesDone = new AtomicLong();
  private final ReentrantLock sending = new ReentrantLock();
  private volatile long nextNanos = System.nanoTime();

  ProgressReporter(Consumer<JobEvent> listener, long bytesTotal) {
    this.listener = listener;
    this.bytesTotal = bytesTotal;
  }

  @Override
  public void advanced(String tensor, long bytes) {
    long done = bytesDone.addAndGet(bytes);
    boolean last = done == bytesTotal;
    if (!last && System.nanoTime() - nextNanos < 0) {
      return;
    }
    if (last) {
      sending.lock();
    } else if (!sending.tryLock()) {
      return;
    }
    try {
      nextNanos = System.nanoTime() + INTERVAL_NANOS;
      listener.accept(new JobEvent.Quantizing(tensor, bytesDone.get(), bytesTotal));
    } finally {
      sending.unlock();
    }
  }

  /** Tells something else than progress. */
  void tell(JobEvent event) {
    sending.lock();
    try {
      listener.accept(event);
    } finally {
      sending.unlock();
    }
  }
}
