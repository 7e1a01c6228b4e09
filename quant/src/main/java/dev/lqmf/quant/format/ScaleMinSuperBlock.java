package dev.lqmf.quant.format;

import org.jspecify.annotations.Nullable;

/**
 * The computation that Q2_K, Q4_K and Q5_K share, for one super-block at a time: {@code
 * quantize_row_*_ref} and {@code quantize_row_*_impl} of {@code ggml-quants.c} without the packing.
 *
 * <p>{@link #fit} finds scale and minimum of each sub-block, and quantizes them by the
 * super-block's scales. The format packs the codes; what its reader will unpack goes to {@link
 * #requantize}, which fits the quants to the rounded scales.
 */
final class ScaleMinSuperBlock {
  private final ScaleMinLayout layout;
  private final ScaleMinSearch search;
  private final float[] weights;
  private final float[] weightSums;
  private final float[] scales;
  private final float[] minima;

  /** The sub-blocks' scales as unsigned bytes. */
  final int[] scaleCodes;

  /** The sub-blocks' minima as unsigned bytes. */
  final int[] minimumCodes;

  /** The elements' quants. */
  final int[] quants = new int[ScaleMinLayout.SUPER_BLOCK];

  private final float[] x = new float[ScaleMinLayout.SUPER_BLOCK];
  private short scale;
  private short minimum;

  ScaleMinSuperBlock(ScaleMinLayout layout) {
    this.layout = layout;
    this.search = new ScaleMinSearch(layout.subLength(), layout.largestQuant());
    this.weights = new float[layout.subLength()];
    this.weightSums = new float[layout.subBlocks()];
    this.scales = new float[layout.subBlocks()];
    this.minima = new float[layout.subBlocks()];
    this.scaleCodes = new int[layout.subBlocks()];
    this.minimumCodes = new int[layout.subBlocks()];
  }

  /** The scale of the sub-blocks' scales, as float16 bits. */
  short scale() {
    return scale;
  }

  /** The scale of the sub-blocks' minima, as float16 bits. */
  short minimum() {
    return minimum;
  }

  /**
   * Finds scales, minima, their codes and first quants.
   *
   * @param importance weights of the elements, from {@code column}, or null
   */
  void fit(float[] source, int offset, float @Nullable [] importance, int column) {
    System.arraycopy(source, offset, x, 0, x.length);
    if (importance == null) {
      fitPlain();
    } else {
      fitWeighted(importance, column);
    }
  }

  private void fitPlain() {
    int length = layout.subLength();
    float maxScale = 0;
    float maxMinimum = 0;
    for (int j = 0; j < scales.length; j++) {
      int start = j * length;
      float rms = 0;
      if (!layout.absoluteErrors()) {
        float sum = 0;
        for (int i = 0; i < length; i++) {
          sum += x[start + i] * x[start + i];
        }
        rms = (float) Math.sqrt(sum / length);
      }
      for (int i = 0; i < length; i++) {
        weights[i] = rms + Math.abs(x[start + i]);
      }
      search.run(x, start, weights, layout.plainGrid(), layout.absoluteErrors(), quants);
      scales[j] = search.scale();
      minima[j] = search.minimum();
      if (scales[j] > maxScale) {
        maxScale = scales[j];
      }
      if (minima[j] > maxMinimum) {
        maxMinimum = minima[j];
      }
    }
    scale = Float.floatToFloat16(quantizeByMaximum(scales, maxScale, scaleCodes));
    minimum = Float.floatToFloat16(quantizeByMaximum(minima, maxMinimum, minimumCodes));
  }

  private float quantizeByMaximum(float[] values, float max, int[] codes) {
    int largest = layout.largestCode();
    float inverse = max > 0 ? largest / max : 0;
    for (int j = 0; j < values.length; j++) {
      codes[j] = Rounding.nearest(inverse * values[j]) & 0xff;
    }
    return max / largest;
  }

  private void fitWeighted(float[] importance, int column) {
    int length = layout.subLength();
    float sum = 0;
    for (float v : x) {
      sum += v * v;
    }
    float variance = layout.varianceFactor() * sum / ScaleMinLayout.SUPER_BLOCK;
    for (int j = 0; j < scales.length; j++) {
      int start = j * length;
      float weightSum = 0;
      for (int i = 0; i < length; i++) {
        float v = x[start + i];
        weights[i] = importance[column + start + i] * (float) Math.sqrt(variance + v * v);
        weightSum += weights[i];
      }
      weightSums[j] = weightSum;
      search.run(x, start, weights, layout.weightedGrid(), false, quants);
      scales[j] = search.scale();
      minima[j] = search.minimum();
    }
    int largest = layout.largestCode();
    scale = Float.floatToFloat16(ScaleSearch.run(largest, scales, weightSums, scaleCodes));
    minimum = Float.floatToFloat16(ScaleSearch.run(largest, minima, weightSums, minimumCodes));
  }

  /**
   * Assigns the quants anew to the codes as they are stored. Sub-blocks whose scale became zero
   * keep the quants of the search.
   */
  void requantize() {
    float d = Float.float16ToFloat(scale);
    float dMin = Float.float16ToFloat(minimum);
    int length = layout.subLength();
    for (int j = 0; j < scales.length; j++) {
      float subScale = d * scaleCodes[j];
      if (subScale == 0) {
        continue;
      }
      float subMinimum = dMin * minimumCodes[j];
      for (int i = j * length; i < (j + 1) * length; i++) {
        int l = Rounding.nearest((x[i] + subMinimum) / subScale);
        quants[i] = Math.clamp(l, 0, layout.largestQuant());
      }
    }
  }
}
