package dev.lqmf.app.output;

import java.time.Duration;
import java.util.Locale;

/** Numbers as people read them. Sizes are decimal: 1 GB is 10⁹ bytes, as on the Hub. */
public final class Units {
  private static final String[] BYTE_UNITS = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  private static final String[] COUNT_UNITS = {"", " K", " M", " B", " T", " Q", " Qi"};

  private Units() {}

  /** A size, as in {@code 4.92 GB}. */
  public static String bytes(long bytes) {
    return scaled(bytes, BYTE_UNITS, " ");
  }

  /** A number of weights, as in {@code 8.03 B}. */
  public static String count(long count) {
    return scaled(count, COUNT_UNITS, "");
  }

  /** A rate, as in {@code 812 MB/s}. */
  public static String rate(double bytesPerSecond) {
    return bytes(Math.round(bytesPerSecond)) + "/s";
  }

  /** A time, as in {@code 0.8 s}, {@code 42 s}, {@code 3:07} or {@code 1:02:33}. */
  public static String duration(Duration time) {
    double seconds = time.toNanos() / 1e9;
    if (seconds < 9.95) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    return whole < 3600
        ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  /** A number with two decimals, as in {@code 4.89}. */
  public static String decimal(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  /** A share, as in {@code 61.2 %}. */
  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** Three significant digits and a unit. */
  private static String scaled(long value, String[] units, String gap) {
    int unit = 0;
    double scaled = value;
    while (scaled >= 999.5 && unit < units.length - 1) {
      scaled /= 1000;
      unit++;
    }
    if (unit == 0) {
      return value + gap + units[0];
    }
    String format = scaled < 9.995 ? "%.2f%s%s" : scaled < 99.95 ? "%.1f%s%s" : "%.0f%s%s";
    return String.format(Locale.ROOT, format, scaled, gap, units[unit]);
  }

  /** As in {@code 1 experiment} or {@code 2 experiments}. */
  public static String counted(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }
}
