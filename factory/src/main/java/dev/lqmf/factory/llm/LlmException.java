package dev.lqmf.factory.llm;

import java.io.IOException;
import java.io.Serial;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A provider gave no answer. Its message says what happened in one line; it has no cause, because
 * what libraries and servers put into messages may hold the key.
 */
public final class LlmException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  /** What went wrong. */
  public enum Problem {
    KEY_MISSING,
    KEY_REJECTED,
    MODEL_NOT_FOUND,
    BAD_REQUEST,
    QUOTA_EXHAUSTED,
    RATE_LIMITED,
    SERVER_ERROR,
    UNREACHABLE,
    SLOW,
    MALFORMED,
    /** Not asked, because it failed several times just before. */
    PAUSED;

    /** Whether the same question may succeed a little later. */
    boolean passes() {
      return this == RATE_LIMITED || this == SERVER_ERROR || this == UNREACHABLE;
    }

    /** Whether the provider is of no use at present, whatever the question. */
    boolean down() {
      return passes() || this == SLOW || this == KEY_REJECTED || this == QUOTA_EXHAUSTED;
    }
  }

  private final Problem problem;
  private final String mend;

  /** Null if the server asks for no wait; an Optional cannot be serialized. */
  private final @Nullable Duration retryAfter;

  LlmException(Problem problem, String message, String mend) {
    this(problem, message, mend, Optional.empty());
  }

  LlmException(Problem problem, String message, String mend, Optional<Duration> retryAfter) {
    super(message);
    this.problem = problem;
    this.mend = mend;
    this.retryAfter = retryAfter.orElse(null);
  }

  public Problem problem() {
    return problem;
  }

  /** What the user can do. */
  public String mend() {
    return mend;
  }

  /** How long the server asks to wait. */
  Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
