package dev.lqmf.tensor;

import java.io.Serial;

/**
 * Something the user gave cannot be used: a damaged file, an impossible option, a model that is not
 * supported. The message is one sentence that names the file or option and the offending value; the
 * mend says what to do about it. The program prints both and exits with a non-zero status, without
 * a stack trace.
 */
public class InputException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private final String mend;

  /**
   * @param problem what is wrong, naming the file and the value; no full stop at the end
   * @param mend what the user can do, as an imperative; no full stop at the end
   */
  public InputException(String problem, String mend) {
    super(problem);
    this.mend = mend;
  }

  public InputException(String problem, String mend, Throwable cause) {
    super(problem, cause);
    this.mend = mend;
  }

  /** What the user can do. */
  public String mend() {
    return mend;
  }
}
