package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * OCP microscaling FP4: blocks of 32 with a power of two and 4-bit floats (E2M1).
 *
 * <pre>
 *  0    1                      17
 * ┌────┬──────────────────────┐
 * │e u8│ 16 bytes             │   byte j: code of w[j] in the low nibble, of w[j + 16] in the high
 * └────┴──────────────────────┘
 *
 * w[i] = 2^(e-128) · V[code],  V = 0 1 2 3 4 6 8 12 0 -1 -2 -3 -4 -6 -8 -12
 * </pre>
 *
 * <p>V is twice what E2M1 means, so its scale is half of E8M0's 2^(e-127). e = floor(log2(max |w|))
 * + 125; the code is the nearest, the lower one of two equally near. Source: {@code block_mxfp4} in
 * {@code ggml-common.h}, {@code quantize_row_mxfp4_ref} in {@code ggml-quants.c}.
 */
public final class MXFP4 extends IndependentBlocks {
  private static final int LENGTH = 32;

  /** The values of the sixteen codes. Code 8 is a second zero that encoding never gives. */
  private static final byte[] VALUES = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

  public MXFP4() {
    super(TensorType.MXFP4);
  }

  /** The stored exponent of a block with this largest magnitude. */
  public static int exponent(float largest) {
    return largest > 0 ? floorLog2(largest) - 2 + 127 & 0xff : 0;
  }

  /** What a code, 0 to 15, is times the scale. */
  public static byte value(int code) {
    return VALUES[code];
  }

  /** 2^(e-128), also where that is subnormal. */
  public static float scale(int exponent) {
    return Float.intBitsToFloat(exponent < 2 ? 0x00200000 << exponent : exponent - 1 << 23);
  }

  /**
   * As ggml computes it: the logarithm is first rounded to a float, which carries values just below
   * a power of two over to it.
   */
  private static int floorLog2(float value) {
    boolean justBelow = (Float.floatToRawIntBits(value) & 0x007fff00) == 0x007fff00;
    return justBelow || value < Float.MIN_NORMAL
        ? (int) Math.floor((float) (Math.log(value) / Math.log(2)))
        : Math.getExponent(value);
  }

  private static int nearest(float x, float scale) {
    int best = 0;
    float bestError = Math.abs(VALUES[0] * scale - x);
    for (int code = 1; code < VALUES.length; code++) {
      float error = Math.abs(VALUES[code] * scale - x);
      if (error < bestError) {
        best = code;
        bestError = error;
      }
    }
    return best;
  }

  @Override
  void encodeBlock(float[] x, int from, MemorySegment target, long at) {
    int e = exponent(Extremes.absolute(x, from, LENGTH));
    float d = scale(e);
    target.set(ValueLayout.JAVA_BYTE, at, (byte) e);
    for (int j = 0; j < LENGTH / 2; j++) {
      int q = nearest(x[from + j], d) | nearest(x[from + LENGTH / 2 + j], d) << 4;
      target.set(ValueLayout.JAVA_BYTE, at + 1 + j, (byte) q);
    }
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] y, int to) {
    float d = scale(Byte.toUnsignedInt(source.get(ValueLayout.JAVA_BYTE, at)));
    for (int j = 0; j < LENGTH / 2; j++) {
      int q = source.get(ValueLayout.JAVA_BYTE, at + 1 + j);
      y[to + j] = VALUES[q & 15] * d;
      y[to + LENGTH / 2 + j] = VALUES[q >>> 4 & 15] * d;
    }
  }
}
