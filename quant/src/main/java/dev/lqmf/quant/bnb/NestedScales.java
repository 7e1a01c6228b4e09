package dev.lqmf.quant.bnb;

/**
 * Scales of 4-bit blocks, themselves quantized to 8 bits (double quantization; {@code
 * compress_statistics} of bitsandbytes).
 *
 * <pre>
 *   absmax[i] = level[codes[i]] · nested[i / 256] + offset
 *
 *   offset   mean of the tensor's scales, float32
 *   nested   largest magnitude of scale - offset in each block of 256 scales, float32
 *   level    the dynamic 8-bit type
 * </pre>
 *
 * @param codes one for each block of weights
 * @param nested one for each 256 of these
 * @param offset mean of the scales
 */
public record NestedScales(byte[] codes, float[] nested, float offset) {
  /** Scales that share a nested scale. */
  public static final int BLOCK = 256;

  /** The 256 levels of the codes ({@code nested_quant_map}). */
  public static float[] levels() {
    return DynamicMap.values();
  }

  /** Number of nested scales for so many scales. */
  public static long nestedCount(long scales) {
    return Math.ceilDiv(scales, (long) BLOCK);
  }

  /** Quantizes all scales of a tensor. */
  public static NestedScales of(float[] absmax) {
    float offset = TorchSum.mean(absmax);
    byte[] codes = new byte[absmax.length];
    float[] nested = new float[(int) nestedCount(absmax.length)];
    for (int block = 0; block < nested.length; block++) {
      int from = block * BLOCK;
      int to = Math.min(from + BLOCK, absmax.length);
      float peak = 0;
      for (int i = from; i < to; i++) {
        peak = Math.max(peak, Math.abs(absmax[i] - offset));
      }
      nested[block] = peak;
      // In a block without differences all codes are 0, as the library leaves them.
      if (peak > 0) {
        float reciprocal = 1 / peak;
        for (int i = from; i < to; i++) {
          codes[i] = DynamicMap.code((absmax[i] - offset) * reciprocal);
        }
      }
    }
    return new NestedScales(codes, nested, offset);
  }

  /** The scales as they decode. */
  public float[] absmax() {
    float[] levels = levels();
    return decode(codes, nested, levels, BLOCK, offset);
  }

  /** Scales of a file that states its own levels and block size. */
  static float[] decode(byte[] codes, float[] nested, float[] levels, int block, float offset) {
    float[] absmax = new float[codes.length];
    for (int i = 0; i < absmax.length; i++) {
      absmax[i] = levels[codes[i] & 0xff] * nested[i / block] + offset;
    }
    return absmax;
  }
}
