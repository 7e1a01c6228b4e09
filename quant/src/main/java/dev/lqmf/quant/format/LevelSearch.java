package dev.lqmf.quant.format;

import org.jspecify.annotations.Nullable;

/**
 * Finds for one block a scale, x ≈ scale · level(q), that makes the weighted squared error small:
 * the search of {@code quantize_row_iq4_nl_impl} of {@code ggml-quants.c}.
 *
 * <p>The first candidate maps the element of largest magnitude past the highest level, fifteen more
 * somewhere near the lowest; for the levels that each assigns, the best scale follows by linear
 * regression through zero.
 */
final class LevelSearch {
  /** Below this all values count as zero: {@code GROUP_MAX_EPS}. */
  private static final float SMALLEST = 1e-15f;

  private static final int REACH = 7;

  private final int length;

  LevelSearch(int length) {
    this.length = length;
  }

  /**
   * Searches.
   *
   * @param x values, the block from {@code offset}
   * @param weights of the block's errors, from index 0
   * @return the scale
   */
  float run(float[] x, int offset, float[] weights) {
    float max = Extremes.signed(x, offset, length);
    if (Math.abs(max) < SMALLEST) {
      return 0;
    }
    int lowest = NonLinear.level(0);
    float scale = 0;
    float best = 0;
    for (int candidate = 0; candidate <= 2 * REACH + 1; candidate++) {
      boolean first = candidate == 0;
      float inverse = first ? 1 / (-max / lowest) : (candidate - 1 - REACH + lowest) / max;
      float sumXL = 0;
      float sumL2 = 0;
      for (int i = 0; i < length; i++) {
        float v = x[offset + i];
        float level = NonLinear.level(NonLinear.nearest(inverse * v));
        float wl = weights[i] * level;
        sumXL += wl * v;
        sumL2 += wl * level;
      }
      if (first) {
        scale = sumL2 > 0 ? sumXL / sumL2 : 0;
        best = scale * sumXL;
      } else if (sumL2 > 0 && sumXL * sumXL > best * sumL2) {
        scale = sumXL / sumL2;
        best = scale * sumXL;
      }
    }
    return scale;
  }

  /**
   * Weights of the squared errors: x² or importance · √(variance + x²).
   *
   * @param x values, the block from {@code from}
   * @param importance of the columns, from {@code column}, or null
   * @param weights receives the weights from index 0
   */
  static void weigh(
      float[] x,
      int from,
      float variance,
      float @Nullable [] importance,
      int column,
      float[] weights) {
    for (int i = 0; i < weights.length; i++) {
      float square = x[from + i] * x[from + i];
      weights[i] =
          importance == null
              ? square
              : importance[column + i] * (float) Math.sqrt(variance + square);
    }
  }
}
