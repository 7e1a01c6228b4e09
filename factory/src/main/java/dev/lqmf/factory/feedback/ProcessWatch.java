package dev.lqmf.factory.feedback;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Looks at a process every few milliseconds. Memory is what Linux tells in {@code /proc}; elsewhere
 * it is not known.
 */
final class ProcessWatch implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final String RESIDENT = "VmRSS:";
  private static final String PEAK = "VmHWM:";

  private final ProcessHandle process;
  private final Path status;
  private final Thread watcher;
  private final long began = System.nanoTime();
  private final Optional<Duration> cpuBefore;
  private long peak;
  private double sum;
  private int looks;

  private ProcessWatch(ProcessHandle process) {
    this.process = process;
    this.status = Path.of("/proc", Long.toString(process.pid()), "status");
    this.cpuBefore = process.info().totalCpuDuration();
    this.watcher = Thread.ofVirtual().unstarted(this::watch);
  }

  /** Begins to look; empty if the process is gone already. */
  static Optional<ProcessWatch> start(long pid) {
    Optional<ProcessWatch> watch = ProcessHandle.of(pid).map(ProcessWatch::new);
    watch.ifPresent(w -> w.watcher.start());
    return watch;
  }

  private void watch() {
    try {
      while (process.isAlive()) {
        look();
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void look() {
    long resident = bytes(RESIDENT);
    if (resident > 0) {
      sum += resident;
      looks++;
      peak = Math.max(peak, bytes(PEAK));
    }
  }

  /** A line of the status; 0 where there is none. */
  private long bytes(String label) {
    if (!Files.isReadable(status)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith(label))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException | java.io.UncheckedIOException e) {
      return 0; // it ended just now
    }
  }

  /** What has been seen so far. */
  synchronized Resources soFar() {
    look();
    double seconds = (System.nanoTime() - began) / 1e9;
    OptionalDouble cores =
        process
            .info()
            .totalCpuDuration()
            .filter(_ -> cpuBefore.isPresent())
            .map(now -> OptionalDouble.of(now.minus(cpuBefore.get()).toNanos() / 1e9 / seconds))
            .orElse(OptionalDouble.empty());
    return new Resources(
        peak > 0 ? OptionalLong.of(peak) : OptionalLong.empty(),
        looks > 0 ? OptionalLong.of(Math.round(sum / looks)) : OptionalLong.empty(),
        cores,
        Runtime.getRuntime().availableProcessors(),
        Optional.empty());
  }

  @Override
  public void close() {
    watcher.interrupt();
  }
}
