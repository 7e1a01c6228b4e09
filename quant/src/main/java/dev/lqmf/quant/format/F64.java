package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * IEEE 754 binary64, little-endian.
 *
 * <pre>
 *  63 62         52 51                                     0
 * ┌──┬─────────────┬────────────────────────────────────────┐
 * │s │ e           │ m                                      │   w = (-1)^s · 2^(e-1023) · 1.m
 * └──┴─────────────┴────────────────────────────────────────┘   e = 0: (-1)^s · 2^-1022 · 0.m
 * </pre>
 *
 * <p>Decoding rounds to the nearest float, halves to even; what exceeds a float becomes infinity.
 */
public final class F64 extends DecodeOnly {
  public F64() {
    super(TensorType.F64);
  }

  @Override
  float element(MemorySegment source, long at) {
    return (float) source.get(LittleEndian.DOUBLE, at);
  }
}
