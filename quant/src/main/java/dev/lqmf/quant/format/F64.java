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
  public void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    for (int i = 0; i < elements; i++) {
      target[targetOffset + i] = (float) source.get(LittleEndian.DOUBLE, sourceOffset + 8L * i);
    }
  }
}
