package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Ternary weights, 2 bits each, in blocks of 256.
 *
 * <pre>
 *  0                             64    66
 * ┌─────────────────────────────┬─────┐
 * │ 64 bytes                    │d f16│   byte 32k + j (k = 0, 1), bits 2n and 2n + 1:
 * └─────────────────────────────┴─────┘   q[128k + 32n + j], n = 0 … 3
 *
 * w[i] = d · (q[i] - 1),  q = 0, 1, 2
 * </pre>
 *
 * <p>d = max |w|; q rounds w / d to the nearest, halves away from zero. Importance is not used.
 * Source: {@code block_tq2_0} in {@code ggml-common.h}, {@code quantize_row_tq2_0_ref} in {@code
 * ggml-quants.c}.
 */
public final class TQ2_0 extends IndependentBlocks {
  private static final int LENGTH = 256;
  private static final int PART = 128;
  private static final int COLUMNS = 32;
  private static final int SCALE = 64;

  public TQ2_0() {
    super(TensorType.TQ2_0);
  }

  @Override
  void encodeBlock(float[] x, int from, MemorySegment target, long at) {
    float d = Extremes.absolute(x, from, LENGTH);
    float inverse = Rounding.inverse(d);
    target.set(LittleEndian.SHORT, at + SCALE, F16.fromFloat(d));
    for (int part = 0; part < LENGTH / PART; part++) {
      for (int j = 0; j < COLUMNS; j++) {
        int packed = 0;
        for (int n = 0; n < 4; n++) {
          int q = Rounding.halfAway(x[from + PART * part + COLUMNS * n + j] * inverse) + 1;
          packed |= q << 2 * n;
        }
        target.set(ValueLayout.JAVA_BYTE, at + COLUMNS * part + j, (byte) packed);
      }
    }
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] y, int to) {
    float d = Float.float16ToFloat(source.get(LittleEndian.SHORT, at + SCALE));
    for (int part = 0; part < LENGTH / PART; part++) {
      for (int j = 0; j < COLUMNS; j++) {
        int packed = source.get(ValueLayout.JAVA_BYTE, at + COLUMNS * part + j);
        for (int n = 0; n < 4; n++) {
          y[to + PART * part + COLUMNS * n + j] = ((packed >>> 2 * n & 3) - 1) * d;
        }
      }
    }
  }
}
