package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Blocks of 32 with a scale and signed bytes.
 *
 * <pre>
 *   0     2                    34
 * ┌─────┬──────────────────────┐
 * │d f16│ q int8 × 32          │   w[i] = d · q[i]
 * └─────┴──────────────────────┘
 * </pre>
 *
 * <p>d = max |w| / 127; q rounds w / d to the nearest, halves away from zero. Source: {@code
 * block_q8_0} in {@code ggml-common.h}, {@code quantize_row_q8_0_ref} in {@code ggml-quants.c}.
 */
public final class Q8_0 extends IndependentBlocks {
  private static final int LENGTH = 32;

  public Q8_0() {
    super(TensorType.Q8_0);
  }

  @Override
  void encodeBlock(float[] x, int from, MemorySegment target, long at) {
    float d = Extremes.absolute(x, from, LENGTH) / 127;
    float inverse = Rounding.inverse(d);
    target.set(LittleEndian.SHORT, at, F16.fromFloat(d));
    for (int i = 0; i < LENGTH; i++) {
      byte q = (byte) Rounding.halfAway(x[from + i] * inverse);
      target.set(ValueLayout.JAVA_BYTE, at + 2 + i, q);
    }
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] y, int to) {
    float d = Float.float16ToFloat(source.get(LittleEndian.SHORT, at));
    for (int i = 0; i < LENGTH; i++) {
      y[to + i] = source.get(ValueLayout.JAVA_BYTE, at + 2 + i) * d;
    }
  }
}
