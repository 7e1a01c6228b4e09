package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;

/**
 * 8-bit floats with five exponent and two mantissa bits: the upper byte of a binary16.
 *
 * <pre>
 *  7  6      2 1 0
 * ┌──┬────────┬───┐   w = (-1)^s · 2^(e-15) · 1.m
 * │s │ e      │ m │   e = 0: (-1)^s · 2^-14 · 0.m
 * └──┴────────┴───┘   e = 31: infinity (m = 0) or NaN
 * </pre>
 *
 * <p>Source: Micikevicius et al., FP8 Formats for Deep Learning, 2022.
 */
public final class F8_E5M2 extends Float8 {
  public F8_E5M2() {
    super(TensorType.F8_E5M2);
  }

  @Override
  float value(int code) {
    return Float.float16ToFloat((short) (code << 8));
  }
}
