package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;

/**
 * 8-bit floats with four exponent and three mantissa bits, without infinities (E4M3FN).
 *
 * <pre>
 *  7  6    3 2  0
 * ┌──┬──────┬────┐   w = (-1)^s · 2^(e-7) · 1.m
 * │s │ e    │ m  │   e = 0: (-1)^s · 2^-6 · 0.m
 * └──┴──────┴────┘   e = 15, m = 7: NaN
 * </pre>
 *
 * <p>Source: Micikevicius et al., FP8 Formats for Deep Learning, 2022.
 */
public final class F8_E4M3 extends Float8 {
  /** Carries a code's exponent, moved to where a float has its own, from bias 7 to bias 127. */
  private static final float REBIAS = 0x1p120f;

  public F8_E4M3() {
    super(TensorType.F8_E4M3);
  }

  @Override
  float value(int code) {
    int magnitude = code & 0x7f;
    if (magnitude == 0x7f) {
      return Float.NaN;
    }
    // A product with a power of two is exact, also for the subnormals.
    float w = Float.intBitsToFloat(magnitude << 20) * REBIAS;
    return code > 0x7f ? -w : w;
  }
}
