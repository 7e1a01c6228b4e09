package dev.lqmf.app;

import dev.lqmf.tensor.InputException;
import java.io.Serial;
import java.util.function.Supplier;

/** An option's value cannot be used: the command line is wrong, not the files. */
final class UsageException extends InputException {
  @Serial private static final long serialVersionUID = 1L;

  private UsageException(InputException e) {
    super(String.valueOf(e.getMessage()), e.mend(), e);
  }

  /**
   * Makes something of option values.
   *
   * @throws UsageException instead of an {@link InputException}
   */
  static <T> T check(Supplier<T> options) {
    try {
      return options.get();
    } catch (InputException e) {
      throw new UsageException(e);
    }
  }
}
