package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

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
public final class F8_E5M2 extends DecodeOnly {
  public F8_E5M2() {
    super(TensorType.F8_E5M2);
  }

  @Override
  float element(MemorySegment source, long at) {
    return Float.float16ToFloat((short) (source.get(ValueLayout.JAVA_BYTE, at) << 8));
  }
}
