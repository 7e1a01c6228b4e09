package dev.lqmf.quant.bnb;

/**
 * The row-wise 8-bit format of LLM.int8() (Dettmers et al., <a
 * href="https://arxiv.org/abs/2208.07339">arXiv 2208.07339</a>; {@code int8_vectorwise_quant} of
 * bitsandbytes).
 *
 * <pre>
 *   row r:  q[0] q[1] … q[in-1]     one signed byte each
 *           SCB[r] float32          largest magnitude of the row
 *
 *   w[r][c] = q[r][c] · SCB[r] / 127
 * </pre>
 *
 * <p>Encoding: the weights are rounded to float16 first, as {@code Int8Params} does; q = w · (1 /
 * SCB · 127) in float32, which is how PyTorch divides a number by a tensor, rounded to the nearest
 * integer, halves to even. A row of zeros has SCB 0 and zeros.
 */
public final class Int8Rows {
  private static final float LARGEST = 127;

  /** 1 / 127 as the library multiplies by it. */
  private static final float STEP = 7.874015718698502e-3f;

  /** Adding and taking off 1.5 · 2^23 rounds a small float to an integer, halves to even. */
  private static final float ROUNDING = 0x1.8p23f;

  private Int8Rows() {}

  /**
   * Encodes one row.
   *
   * @param values finite weights, changed to their nearest float16
   * @param offset of the first
   * @param length of the row
   * @param target receives {@code length} bytes
   * @return the row's scale; infinite if a weight is beyond the range of float16
   */
  public static float encode(
      float[] values, int offset, int length, byte[] target, int targetOffset) {
    int peak = 0;
    for (int i = offset; i < offset + length; i++) {
      values[i] = Float.float16ToFloat(Float.floatToFloat16(values[i]));
      peak = Math.max(peak, Float.floatToRawIntBits(values[i]) & Integer.MAX_VALUE);
    }
    float scale = Float.intBitsToFloat(peak);
    float factor = scale == 0 ? 0 : 1 / scale * LARGEST;
    for (int i = 0; i < length; i++) {
      target[targetOffset + i] = (byte) (int) (values[offset + i] * factor + ROUNDING - ROUNDING);
    }
    return scale;
  }

  /** Decodes part of a row. */
  public static void decode(
      byte[] source, int sourceOffset, float scale, float[] target, int targetOffset, int count) {
    for (int i = 0; i < count; i++) {
      target[targetOffset + i] = weight(source[sourceOffset + i], scale);
    }
  }

  /** A number in steps of its row's scale. */
  public static float weight(float steps, float scale) {
    return steps * scale * STEP;
  }
}
