package dev.lqmf.quant.format;

/**
 * Eight scales s0 … s7 and eight minima m0 … m7 of 6 bits in 12 bytes, as Q4_K and Q5_K keep them
 * ({@code get_scale_min_k4} of {@code ggml-quants.c}):
 *
 * <pre>
 * byte       bits 7 6     bits 5 … 0
 * 0 … 3      s(4+i) 5 4   s(i)
 * 4 … 7      m(4+i) 5 4   m(i)
 *            bits 7 … 4   bits 3 … 0
 * 8 … 11     m(4+i) 3…0   s(4+i) 3…0
 * </pre>
 */
public final class SixBitScales {
  /** Bytes taken: {@code K_SCALE_SIZE}. */
  public static final int BYTES = 12;

  private SixBitScales() {}

  /** Packs scales and minima given as unsigned bytes; one that exceeds 63 spills as in ggml. */
  static void pack(int[] scales, int[] minima, byte[] packed, int offset) {
    for (int i = 0; i < 4; i++) {
      packed[offset + i] = (byte) (scales[i] | scales[4 + i] >> 4 << 6);
      packed[offset + 4 + i] = (byte) (minima[i] | minima[4 + i] >> 4 << 6);
      packed[offset + 8 + i] = (byte) (scales[4 + i] & 15 | (minima[4 + i] & 15) << 4);
    }
  }

  /** Restores what {@link #pack} packed. */
  static void unpack(byte[] packed, int offset, int[] scales, int[] minima) {
    for (int i = 0; i < 4; i++) {
      int low = packed[offset + i] & 0xff;
      int middle = packed[offset + 4 + i] & 0xff;
      int high = packed[offset + 8 + i] & 0xff;
      scales[i] = low & 63;
      minima[i] = middle & 63;
      scales[4 + i] = high & 15 | low >> 6 << 4;
      minima[4 + i] = high >> 4 | middle >> 6 << 4;
    }
  }
}
