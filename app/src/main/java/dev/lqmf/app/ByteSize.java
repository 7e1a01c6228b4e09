package dev.lqmf.app;

import dev.lqmf.tensor.InputException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes on the command line: {@code 2G} is 2·10⁹ bytes, as {@code llama-gguf-split} has it. */
final class ByteSize {
  private static final Pattern FORM = Pattern.compile("(\\d{1,15})([KMGT]?)B?");
  private static final String UNITS = "KMGT";

  private ByteSize() {}

  /**
   * Parses a size.
   *
   * @throws InputException if it has another form, or is too large
   */
  static long parse(String text) {
    Matcher matcher = FORM.matcher(text.strip().toUpperCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new InputException(
          "'" + text + "' is not a size", "write a whole number and a unit, as in 500M or 2G");
    }
    long bytes = Long.parseLong(matcher.group(1));
    String unit = matcher.group(2);
    int thousands = unit.isEmpty() ? 0 : UNITS.indexOf(unit) + 1;
    try {
      for (int i = 0; i < thousands; i++) {
        bytes = Math.multiplyExact(bytes, 1000L);
      }
      return bytes;
    } catch (ArithmeticException e) {
      throw new InputException(
          "'" + text + "' is too large", "give a size that a disk can have", e);
    }
  }
}
