package dev.lqmf.quant.format;

/**
 * Finds for one block a scale, x ≈ scale · (q - zero) with 0 ≤ q < 2 · zero, that makes the squared
 * error weighted by x² small: {@code make_q3_quants} of {@code ggml-quants.c} with {@code do_rmse}.
 *
 * <p>First the element of largest magnitude gets the quant 0, the others what is nearest on that
 * grid. Then, element by element and several times over, each quant moves to where the regression
 * over the other elements wants it, if the regression's quality Σwxl² / Σwl² grows.
 *
 * <p>A quant moves only while Σwxl is positive. If the largest element is positive, all terms of
 * this sum are negative, and the first guess stays.
 */
public final class CoordinateSearch {
  /** Below this all values count as zero: {@code GROUP_MAX_EPS}. */
  private static final float SMALLEST = 1e-15f;

  /** At most so many rounds. */
  public static final int ROUNDS = 5;

  private final int length;
  private final int zero;

  /**
   * Creates a search.
   *
   * @param length elements of a block
   * @param zero the quant of zero; the largest quant is 2 · zero - 1
   */
  public CoordinateSearch(int length, int zero) {
    this.length = length;
    this.zero = zero;
  }

  /**
   * Searches.
   *
   * @param x values, the block from {@code offset}
   * @param quants receives the block's quants from index 0
   * @return the scale
   */
  public float run(float[] x, int offset, int[] quants) {
    float max = Extremes.signed(x, offset, length);
    if (Math.abs(max) < SMALLEST) {
      for (int i = 0; i < length; i++) {
        quants[i] = 0;
      }
      return 0;
    }
    float inverse = -zero / max;
    float sumXL = 0;
    float sumL2 = 0;
    for (int i = 0; i < length; i++) {
      float v = x[offset + i];
      float w = v * v;
      int l = quant(inverse * v);
      quants[i] = l;
      sumXL += w * v * l;
      sumL2 += w * l * l;
    }
    for (int round = 0; round < ROUNDS; round++) {
      boolean changed = false;
      for (int i = 0; i < length; i++) {
        float v = x[offset + i];
        float w = v * v;
        float xl = sumXL - w * v * quants[i];
        if (xl > 0) {
          float l2 = sumL2 - w * quants[i] * quants[i];
          int l = quant(v * l2 / xl);
          if (l != quants[i]) {
            xl += w * v * l;
            l2 += w * l * l;
            if (l2 > 0 && xl * xl * sumL2 > sumXL * sumXL * l2) {
              quants[i] = l;
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
    for (int i = 0; i < length; i++) {
      quants[i] += zero;
    }
    return sumL2 > 0 ? sumXL / sumL2 : 0;
  }

  private int quant(float value) {
    return Math.clamp(Rounding.nearest(value), -zero, zero - 1);
  }
}
