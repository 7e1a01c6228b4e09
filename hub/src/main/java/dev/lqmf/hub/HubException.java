package dev.lqmf.hub;

import java.io.IOException;
import java.io.Serial;

/**
 * The Hub, or the way to it, does not give what was asked for. The message is one sentence that
 * names the model or the file; the mend says what the user can do. Neither ever holds the token or
 * the signed part of an address.
 */
public sealed class HubException extends IOException permits TransientHubException {
  @Serial private static final long serialVersionUID = 1L;

  /** What kind of failure it is. */
  public enum Problem {
    /** There is no such repository, or it is private and the token does not open it. */
    REPOSITORY_NOT_FOUND,
    /** The repository has no such branch, tag or commit. */
    REVISION_NOT_FOUND,
    /** The repository has no such file at this revision. */
    ENTRY_NOT_FOUND,
    /** The publisher asks for a licence to be accepted first. */
    GATED,
    /** The Hub has closed the repository for everybody. */
    DISABLED,
    /** The Hub does not know the token. */
    TOKEN_REJECTED,
    /** The token is known but may not do this. */
    FORBIDDEN,
    /** Too many requests, and the wait the Hub asks for is too long or did not help. */
    RATE_LIMITED,
    /** The Hub failed again and again. */
    SERVER_ERROR,
    /** No connection, a broken one, or no answer in time. */
    UNREACHABLE,
    /** Something answers, but not as a Hub does. */
    NOT_A_HUB,
    /** What was downloaded has the wrong length or hash, more than once. */
    CORRUPT_DOWNLOAD,
    /** The cache's disk is too small. */
    DISK_FULL,
    /** The repository is there but holds no weights that can be read, or not all of them. */
    NO_WEIGHTS,
    /** Offline, and the cache does not hold the whole model. */
    NOT_CACHED
  }

  private final Problem problem;
  private final String mend;

  HubException(Problem problem, String message, String mend) {
    super(message);
    this.problem = problem;
    this.mend = mend;
  }

  HubException(Problem problem, String message, String mend, Throwable cause) {
    super(message, cause);
    this.problem = problem;
    this.mend = mend;
  }

  /** What kind of failure it is. */
  public Problem problem() {
    return problem;
  }

  /** What the user can do, as an imperative without a full stop. */
  public String mend() {
    return mend;
  }
}
