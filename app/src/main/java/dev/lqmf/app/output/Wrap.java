package dev.lqmf.app.output;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Breaks text into the lines of a terminal. */
public final class Wrap {
  /** Colour and weight take no room. */
  private static final Pattern ESCAPES = Pattern.compile("\u001b\\[[0-9;]*m");

  private Wrap() {}

  /**
   * The lines of a text, broken at spaces. A word that is too long stays whole, so that paths and
   * commands can be copied; so do spaces at the beginning.
   *
   * @param text may have line ends of its own
   * @param width of the longest line, if no word is longer
   * @param indent spaces before all lines but the first
   * @return at least one
   */
  public static List<String> lines(String text, int width, int indent) {
    List<String> lines = new ArrayList<>();
    for (String paragraph : text.split("\n", -1)) {
      StringBuilder line = new StringBuilder(lines.isEmpty() ? "" : " ".repeat(indent));
      boolean begun = false;
      for (String word : paragraph.split(" ", -1)) {
        if (begun && width(line) + 1 + width(word) > width && !line.toString().isBlank()) {
          lines.add(line.toString());
          line = new StringBuilder(" ".repeat(indent));
          begun = false;
        }
        line.append(begun ? " " : "").append(word);
        begun = true;
      }
      lines.add(line.toString());
    }
    return lines;
  }

  /** The columns that a line takes. */
  static int width(CharSequence text) {
    String visible = ESCAPES.matcher(text).replaceAll("");
    return visible.codePointCount(0, visible.length());
  }
}
