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

  /** Room for the name of a tensor of most models. */
  private static final int DETAIL = 28;

  private static final String GAP = "  ";
  private static final String NO_WRAP = "\u001b[?7l";
  private static final String WRAP = "\u001b[?7h";
  private static final String CLEAR_TO_END = "\u001b[K";

  /** Before this much time has passed, a rate is a guess. */
  private static final Duration WARM_UP = Duration.ofMillis(300);

  private final PrintStream err;
  private final Style style;
  private final int columns;

  /** What is counted; empty for bytes. */
  private final String unit;

  private boolean visible;

  /** A bar that counts bytes. */
  public ProgressBar(Terminal terminal) {
    this(terminal, "");
  }

  /**
   * A bar that counts something else.
   *
   * @param unit what, in the plural; empty: bytes
   */
  public ProgressBar(Terminal terminal, String unit) {
    this.unit = unit;
    err = terminal.err();
    style = terminal.errStyle();
    columns = terminal.columns();
  }

  /**
   * Shows a state.
   *
   * @param done bytes or units done, at most {@code total}
   * @param total in all
   * @param elapsed time spent on {@code done}
   * @param detail what is being worked on
   */
  public void show(long done, long total, Duration elapsed, String detail) {
    err.print("\r" + NO_WRAP + line(done, total, elapsed, detail) + CLEAR_TO_END + WRAP);
    err.flush();
    visible = true;
  }

  /** Shows what goes on where nobody knows how much of it is done. */
  public void show(String what) {
    String line = what.substring(0, Math.min(what.length(), columns - 1));
    err.print("\r" + NO_WRAP + style.dim(line) + CLEAR_TO_END + WRAP);
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

  /**
   * The line for a state, at most {@code columns - 1} wide: a full line would wrap on some. Its
   * parts keep their places while the numbers change.
   */
  String line(long done, long total, Duration elapsed, String detail) {
    String rate = "";
    String left = "";
    if (done > 0 && elapsed.compareTo(WARM_UP) >= 0) {
      double bytesPerSecond = done / (elapsed.toNanos() / 1e9);
      rate =
          unit.isEmpty()
              ? Units.rate(bytesPerSecond)
              : Units.count(Math.round(bytesPerSecond)) + "/s";
      left = Units.duration(Duration.ofNanos((long) ((total - done) / bytesPerSecond * 1e9)));
      left += " left";
    }
    double share = total <= 0 ? 1 : Math.clamp((double) done / total, 0, 1);
    String numbers =
        String.format(Locale.ROOT, " %3d %%  %9s  %11s", (int) (100 * share), rate, left);
    int room = columns - 1 - numbers.length();
    if (room < MIN_BAR) {
      return numbers.substring(0, Math.min(numbers.length(), columns - 1)).strip();
    }
    int bar = Math.clamp(room - GAP.length() - DETAIL, MIN_BAR, MAX_BAR);
    int filled = (int) (bar * share);
    int detailWidth = room - bar - GAP.length();
    return style.green("━".repeat(filled))
        + style.dim("─".repeat(bar - filled))
        + numbers
        + (detailWidth < MIN_DETAIL ? "" : style.dim(GAP + abbreviate(detail, detailWidth)));
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
