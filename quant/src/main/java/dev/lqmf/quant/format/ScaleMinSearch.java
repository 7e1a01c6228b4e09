package dev.lqmf.quant.format;

/**
 * Finds for one sub-block a scale and a minimum, x ≈ scale · q − minimum, that make the weighted
 * error small: {@code make_qkx2_quants} of {@code ggml-quants.c}, and {@code make_qkx3_quants},
 * which computes the same when it is given weights.
 *
 * <p>A first guess spans the range of the values. Then each candidate of a grid assigns quants, for
 * which the best scale and minimum follow by linear regression; the candidate with the smallest
 * error stays. Its minimum is where the next candidates' quants begin, so their order matters.
 */
final class ScaleMinSearch {
  private final int length;
  private final int largest;
  private final int[] candidate;

  private float scale;
  private float minimum;

  ScaleMinSearch(int length, int largest) {
    this.length = length;
    this.largest = largest;
    this.candidate = new int[length];
  }

  /** The scale that {@link #run} found. */
  float scale() {
    return scale;
  }

  /** The minimum that {@link #run} found, as it is subtracted: positive if values are negative. */
  float minimum() {
    return minimum;
  }

  /**
   * Searches.
   *
   * @param x values, the sub-block from {@code offset}
   * @param weights of the sub-block's errors, from index 0
   * @param absolute whether errors count by their absolute value instead of their square
   * @param quants receives the sub-block's quants from {@code offset}
   */
  void run(float[] x, int offset, float[] weights, StepGrid grid, boolean absolute, int[] quants) {
    float min = x[offset];
    float max = x[offset];
    float sumW = weights[0];
    float sumX = sumW * x[offset];
    for (int i = 1; i < length; i++) {
      float v = x[offset + i];
      if (v < min) {
        min = v;
      }
      if (v > max) {
        max = v;
      }
      sumW += weights[i];
      sumX += weights[i] * v;
    }
    if (min > 0) {
      min = 0;
    }
    if (max <= min) {
      for (int i = 0; i < length; i++) {
        quants[offset + i] = 0;
      }
      scale = 0;
      minimum = -min;
      return;
    }
    float inverse = largest / (max - min);
    scale = 1 / inverse;
    assign(x, offset, inverse, min);
    System.arraycopy(candidate, 0, quants, offset, length);
    float bestError = error(x, offset, weights, scale, min, absolute);
    for (int step = 0; step < grid.steps(); step++) {
      assign(x, offset, grid.span(step, largest) / (max - min), min);
      float sumL = 0;
      float sumL2 = 0;
      float sumXL = 0;
      for (int i = 0; i < length; i++) {
        float wl = weights[i] * candidate[i];
        sumL += wl;
        sumL2 += wl * candidate[i];
        sumXL += wl * x[offset + i];
      }
      float determinant = sumW * sumL2 - sumL * sumL;
      if (determinant > 0) {
        float thisScale = (sumW * sumXL - sumX * sumL) / determinant;
        float thisMin = (sumL2 * sumX - sumL * sumXL) / determinant;
        if (thisMin > 0) {
          thisMin = 0;
          thisScale = sumXL / sumL2;
        }
        float error = error(x, offset, weights, thisScale, thisMin, absolute);
        if (error < bestError) {
          System.arraycopy(candidate, 0, quants, offset, length);
          bestError = error;
          scale = thisScale;
          min = thisMin;
        }
      }
    }
    minimum = -min;
  }

  private void assign(float[] x, int offset, float inverse, float min) {
    for (int i = 0; i < length; i++) {
      candidate[i] = Math.clamp(Rounding.nearest(inverse * (x[offset + i] - min)), 0, largest);
    }
  }

  private float error(
      float[] x, int offset, float[] weights, float scale, float min, boolean absolute) {
    float sum = 0;
    for (int i = 0; i < length; i++) {
      float difference = scale * candidate[i] + min - x[offset + i];
      sum += weights[i] * (absolute ? Math.abs(difference) : difference * difference);
    }
    return sum;
  }
}
