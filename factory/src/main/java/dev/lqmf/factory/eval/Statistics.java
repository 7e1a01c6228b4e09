package dev.lqmf.factory.eval;

import java.util.Arrays;

/**
 * Statistics over tokens, as llama.cpp's {@code llama-perplexity} defines them: a standard error is
 * that of a mean of independent values, √((mean of squares − square of mean) / (n − 1)).
 */
final class Statistics {
  private Statistics() {}

  /** The mean. */
  static Estimate mean(float[] values) {
    double sum = 0;
    for (float v : values) {
      sum += v;
    }
    double mean = sum / values.length;
    double squares = 0;
    for (float v : values) {
      squares += (v - mean) * (v - mean);
    }
    return estimate(mean, squares / values.length, values.length);
  }

  /**
   * The mean of {@code a − b}, value by value: what two models have in common does not count as
   * error.
   */
  static Estimate meanDifference(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] - b[i];
    }
    double mean = sum / a.length;
    double squares = 0;
    for (int i = 0; i < a.length; i++) {
      double d = (double) a[i] - b[i] - mean;
      squares += d * d;
    }
    return estimate(mean, squares / a.length, a.length);
  }

  private static Estimate estimate(double mean, double variance, int count) {
    return new Estimate(mean, count < 2 ? 0 : Math.sqrt(variance / (count - 1)));
  }

  /**
   * A quantile, between the two nearest values in proportion.
   *
   * @param sorted ascending, not empty
   * @param share 0 to 1
   */
  static double quantile(float[] sorted, double share) {
    double at = Math.clamp(share, 0, 1) * (sorted.length - 1);
    int below = (int) at;
    double rest = at - below;
    int above = Math.min(below + 1, sorted.length - 1);
    return (1 - rest) * sorted[below] + rest * sorted[above];
  }

  /**
   * The range in which a quantile lies with 95 % confidence: as many values more or less are below
   * it as a binomial count would have it by two standard deviations.
   *
   * @param sorted ascending, not empty
   * @return lower and upper end
   */
  static double[] quantileRange(float[] sorted, double share) {
    int n = sorted.length;
    double spread = 2 * Math.sqrt(n * share * (1 - share));
    return new double[] {
      quantile(sorted, (n * share - spread) / n), quantile(sorted, (n * share + spread) / n)
    };
  }

  /** A sorted copy. */
  static float[] sorted(float[] values) {
    float[] copy = values.clone();
    Arrays.sort(copy);
    return copy;
  }
}
