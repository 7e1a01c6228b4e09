package dev.lqmf.app.output;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * One line on standard error that says how far a job is: bar, share, rate, time left, and what is
 * being worked on. A frame is one write that ends by clearing the rest of the line, so nothing
 * flickers; automatic wrapping is off meanwhile, so a window made narrower keeps one line.
 */
public final class ProgressBar {
  private static final int MIN_BAR = 10;
  private static final int MAX_BAR = 40;
  private static final int MIN_DETAIL = 12;
  private static final String NO_WRAP = "\u001b[?7l";
  private static final String WRAP = "\u001b[?7h";
  private static final String CLEAR_TO_END = "\u001b[K";

  /** Before this much time has passed, a rate is a guess. */
  private static final Duration WARM_UP = Duration.ofMillis(300);

  private final PrintStream err;
  private final Style style;
  private final int columns;
  private boolean visible;

  public ProgressBar(Terminal terminal) {
    err = terminal.err();
    style = terminal.errStyle();
    columns = terminal.columns();
  }

  /**
   * Shows a state.
   *
   * @param done bytes done, at most {@code total}
   * @param total bytes in all
   * @param elapsed time spent on {@code done}
   * @param detail what is being worked on
   */
  public void show(long done, long total, Duration elapsed, String detail) {
    err.print("\r" + NO_WRAP + line(done, total, elapsed, detail) + CLEAR_TO_END + WRAP);
    err.flush();
    visible = true;
  }

  /** Removes the line, so that other text can take its place. */
  public void clear() {
    if (visible) {
      err.print("\r" + CLEAR_TO_END);
      err.flush();
      visible = false;
    }
  }

  /** The line for a state, at most {@code columns - 1} wide: a full line would wrap on some. */
  String line(long done, long total, Duration elapsed, String detail) {
    double share = total <= 0 ? 1 : (double) done / total;
    StringBuilder numbers = new StringBuilder(String.format(Locale.ROOT, " %3.0f %%", 100 * share));
    if (done > 0 && elapsed.compareTo(WARM_UP) >= 0) {
      double rate = done / (elapsed.toNanos() / 1e9);
      Duration left = Duration.ofNanos((long) ((total - done) / rate * 1e9));
      numbers.append(String.format(Locale.ROOT, "  %9s", Units.rate(rate)));
      numbers.append(String.format(Locale.ROOT, "  %6s left", Units.duration(left)));
    }
    int room = columns - 1 - numbers.length();
    if (room < MIN_BAR) {
      return numbers.substring(0, Math.min(numbers.length(), columns - 1)).strip();
    }
    int detailWidth = Math.min(detail.length(), room - 2 - MIN_BAR);
    String end = detailWidth < MIN_DETAIL ? "" : "  " + abbreviate(detail, detailWidth);
    int bar = Math.clamp(room - end.length(), MIN_BAR, MAX_BAR);
    int filled = (int) Math.round(bar * Math.clamp(share, 0, 1));
    return style.green("━".repeat(filled))
        + style.dim("─".repeat(bar - filled))
        + numbers
        + style.dim(end);
  }

  /** The text, its middle replaced if it is too long: tensor names differ at both ends. */
  private static String abbreviate(String text, int width) {
    if (text.length() <= width) {
      return text;
    }
    int head = width / 2;
    return text.substring(0, head) + "…" + text.substring(text.length() - (width - head - 1));
  }
}
