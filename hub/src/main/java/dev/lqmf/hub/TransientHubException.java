package dev.lqmf.hub;

import java.io.Serial;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A failure that may not happen again: worth another attempt. */
final class TransientHubException extends HubException {
  @Serial private static final long serialVersionUID = 1L;

  private final @Nullable Duration retryAfter;

  TransientHubException(Problem problem, String message, String mend) {
    super(problem, message, mend);
    this.retryAfter = null;
  }

  TransientHubException(Problem problem, String message, String mend, Throwable cause) {
    super(problem, message, mend, cause);
    this.retryAfter = null;
  }

  TransientHubException(
      Problem problem, String message, String mend, Optional<Duration> retryAfter) {
    super(problem, message, mend);
    this.retryAfter = retryAfter.orElse(null);
  }

  /** How long the server asks to wait. */
  Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }
}
