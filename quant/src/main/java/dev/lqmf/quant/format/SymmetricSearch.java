package dev.lqmf.quant.format;

/**
 * Finds for one block a scale, x ≈ scale · (q - zero) with 0 ≤ q < 2 · zero, that makes the
 * weighted squared error small: {@code make_qx_quants} of {@code ggml-quants.c} with {@code
 * rmse_type} 1.
 *
 * <p>Nineteen candidates map the element of largest magnitude near {@code -zero}; for the quants
 * that each assigns, the best scale follows by linear regression through zero.
 */
public final class SymmetricSearch {
  /** Below this all values count as zero: {@code GROUP_MAX_EPS}. */
  private static final float SMALLEST = 1e-15f;

  private static final int REACH = 9;

  private final int length;
  private final int zero;

  /**
   * Creates a search.
   *
   * @param length elements of a block
   * @param zero the quant of zero; the largest quant is 2 · zero - 1
   */
  public SymmetricSearch(int length, int zero) {
    this.length = length;
    this.zero = zero;
  }

  /**
   * Searches.
   *
   * @param x values, the block from {@code offset}
   * @param weights of the block's errors, from index 0
   * @param quants receives the block's quants from index 0
   * @return the scale
   */
  public float run(float[] x, int offset, float[] weights, int[] quants) {
    float max = Extremes.signed(x, offset, length);
    if (Math.abs(max) < SMALLEST) {
      for (int i = 0; i < length; i++) {
        quants[i] = 0;
      }
      return 0;
    }
    float chosen = -zero / max;
    float scale = 0;
    float best = 0;
    // The middle candidate, which always counts, then the others from the smallest on.
    for (int candidate = 0; candidate <= 2 * REACH; candidate++) {
      int step =
          candidate == 0 ? 0 : candidate <= REACH ? candidate - 1 - REACH : candidate - REACH;
      float inverse = step == 0 ? chosen : -(zero + 0.1f * step) / max;
      float sumLX = 0;
      float sumL2 = 0;
      for (int i = 0; i < length; i++) {
        float v = x[offset + i];
        int l = quant(inverse * v);
        sumLX += weights[i] * v * l;
        sumL2 += weights[i] * l * l;
      }
      if (step == 0) {
        scale = sumL2 == 0 ? 0 : sumLX / sumL2;
        best = scale * sumLX;
      } else if (sumL2 > 0 && sumLX * sumLX > best * sumL2) {
        chosen = inverse;
        scale = sumLX / sumL2;
        best = scale * sumLX;
      }
    }
    for (int i = 0; i < length; i++) {
      quants[i] = zero + quant(chosen * x[offset + i]);
    }
    return scale;
  }

  private int quant(float value) {
    return Math.clamp(Rounding.nearest(value), -zero, zero - 1);
  }
}
