package dev.lqmf.factory.memory;

import java.time.Instant;
import java.util.Optional;

/**
 * The process that runs an experiment.
 *
 * @param pid its number, which the system gives out again
 * @param started which process of that number, where the system tells
 */
public record Owner(long pid, Optional<Instant> started) {

  /** This process. */
  public static Owner here() {
    ProcessHandle process = ProcessHandle.current();
    return new Owner(process.pid(), process.info().startInstant());
  }

  /** Whether the process is still there. */
  public boolean isAlive() {
    return ProcessHandle.of(pid)
        .filter(p -> p.isAlive() && (started.isEmpty() || p.info().startInstant().equals(started)))
        .isPresent();
  }
}
