package dev.lqmf.app.inspect;

/** Strings from files, made fit for a line of a terminal. */
final class Text {
  private Text() {}

  /** The string with control characters escaped, so that it is one line and moves no cursor. */
  static String printable(String text) {
    if (text.codePoints().noneMatch(Text::isUnprintable)) {
      return text;
    }
    StringBuilder printable = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> printable.append("\\n");
                case '\t' -> printable.append("\\t");
                case '\r' -> printable.append("\\r");
                default -> {
                  if (isUnprintable(c)) {
                    printable.append(String.format("\\u%04x", c));
                  } else {
                    printable.appendCodePoint(c);
                  }
                }
              }
            });
    return printable.toString();
  }

  private static boolean isUnprintable(int c) {
    return Character.isISOControl(c) || Character.getType(c) == Character.FORMAT;
  }

  /** The string, or its beginning and an ellipsis if it has more than {@code max} characters. */
  static String cut(String text, int max) {
    if (text.codePointCount(0, text.length()) <= max) {
      return text;
    }
    return text.substring(0, text.offsetByCodePoints(0, max - 1)) + "…";
  }
}
