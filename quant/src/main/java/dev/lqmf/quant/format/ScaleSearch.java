package dev.lqmf.quant.format;

/**
 * Finds one scale for values that are not negative, x ≈ scale · q with 0 ≤ q ≤ largest, that makes
 * the weighted squared error small: {@code make_qp_quants} of {@code ggml-quants.c}. It quantizes
 * the scales, and the minima, of a super-block's sub-blocks.
 */
public final class ScaleSearch {
  /** Below this all values count as zero: {@code GROUP_MAX_EPS}. */
  public static final float SMALLEST = 1e-15f;

  private ScaleSearch() {}

  /**
   * Searches.
   *
   * @param x the values
   * @param weights of their errors
   * @param quants receives the quants, as unsigned bytes: a negative value wraps
   * @return the scale
   */
  static float run(int largest, float[] x, float[] weights, int[] quants) {
    int n = x.length;
    float max = 0;
    for (float v : x) {
      max = max > v ? max : v;
    }
    if (max < SMALLEST) {
      for (int i = 0; i < n; i++) {
        quants[i] = 0;
      }
      return 0;
    }
    float inverse = bestInverse(largest, x, weights, max);
    float sumXL = 0;
    float sumL2 = 0;
    for (int i = 0; i < n; i++) {
      int l = Math.min(largest, Rounding.nearest(inverse * x[i]));
      quants[i] = l & 0xff;
      sumXL += weights[i] * x[i] * l;
      sumL2 += weights[i] * l * l;
    }
    // Moves single quants as long as the regression's quality sumXL² / sumL2 grows.
    for (int round = 0; round < 5; round++) {
      boolean changed = false;
      for (int i = 0; i < n; i++) {
        float w = weights[i];
        float xl = sumXL - w * x[i] * quants[i];
        float l2 = sumL2 - w * quants[i] * quants[i];
        if (xl > 0 && l2 > 0) {
          int l = Math.min(largest, Rounding.nearest(x[i] * l2 / xl));
          if (l != quants[i]) {
            xl += w * x[i] * l;
            l2 += w * l * l;
            if (xl * xl * sumL2 > sumXL * sumXL * l2) {
              quants[i] = l & 0xff;
              sumXL = xl;
              sumL2 = l2;
              changed = true;
            }
          }
        }
      }
      if (!changed) {
        break;
      }
    }
    return sumL2 > 0 ? sumXL / sumL2 : 0;
  }

  /** The inverse scale with the smallest error, of nine that map the maximum near the largest. */
  private static float bestInverse(int largest, float[] x, float[] weights, float max) {
    float inverse = largest / max;
    float best = 0;
    for (int i = 0; i < x.length; i++) {
      // The first guess alone wraps instead of being limited to the largest quant.
      float difference = x[i] - 1 / inverse * (Rounding.nearest(inverse * x[i]) & 0xff);
      best += weights[i] * difference * difference;
    }
    for (int step = -4; step <= 4; step++) {
      if (step == 0) {
        continue;
      }
      float candidate = (0.1f * step + largest) / max;
      float error = 0;
      for (int i = 0; i < x.length; i++) {
        int l = Math.min(largest, Rounding.nearest(candidate * x[i]));
        float difference = x[i] - 1 / candidate * l;
        error += weights[i] * difference * difference;
      }
      if (error < best) {
        best = error;
        inverse = candidate;
      }
    }
    return inverse;
  }
}
