package dev.lqmf.factory.execute;

import dev.lqmf.factory.memory.Owner;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A command that takes long and has not succeeded yet.
 *
 * @param id names it
 * @param command the command with its arguments
 * @param began when
 * @param owner the process that runs it
 * @param phase what it does or did last, as in {@code testing}; empty before it says so
 * @param end how it ended, if its process could say
 * @param problem why it failed; empty if it did not
 */
public record Job(
    String id,
    List<String> command,
    Instant began,
    Owner owner,
    Optional<String> phase,
    Optional<End> end,
    Optional<String> problem) {

  /** How a job ended that did not succeed. */
  public enum End {
    FAILED,
    INTERRUPTED
  }

  /** How a job stands. */
  public enum State {
    RUNNING,
    FAILED,
    INTERRUPTED,
    /** Its process is gone without a word: a crash, a kill, a power cut. */
    LOST
  }

  public Job {
    command = List.copyOf(command);
  }

  public State state() {
    if (end.isPresent()) {
      return end.get() == End.FAILED ? State.FAILED : State.INTERRUPTED;
    }
    return owner.isAlive() ? State.RUNNING : State.LOST;
  }

  Job ended(End how, Optional<String> why) {
    return new Job(id, command, began, owner, phase, Optional.of(how), why);
  }

  Job in(String now) {
    return new Job(id, command, began, owner, Optional.of(now), end, problem);
  }
}
