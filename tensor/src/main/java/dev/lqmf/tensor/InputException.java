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

  /** Characters of a name that a message shows. */
  private static final int QUOTED = 200;

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

  /**
   * A name from a file, fit to stand in a message: in quotes, control characters escaped, cut if
   * very long.
   */
  public static String quote(String name) {
    var quoted = new StringBuilder("'");
    for (int i = 0; i < Math.min(name.length(), QUOTED); i++) {
      char c = name.charAt(i);
      if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append(name.length() > QUOTED ? "…'" : "'").toString();
  }

  /** What the user can do. */
  public String mend() {
    return mend;
  }
}
