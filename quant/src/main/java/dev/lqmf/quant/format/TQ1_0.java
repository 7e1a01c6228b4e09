package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Ternary weights, five to a byte (3^5 = 243 ≤ 256), in blocks of 256.
 *
 * <pre>
 *  0            32        48   52    54
 * ┌────────────┬─────────┬────┬─────┐   byte j of A: q[32n + j],       n = 0 … 4
 * │ A          │ B       │ C  │d f16│   byte j of B: q[160 + 16n + j], n = 0 … 4
 * └────────────┴─────────┴────┴─────┘   byte j of C: q[240 + 4n + j],  n = 0 … 3
 *
 * w[i] = d · (q[i] - 1),  q = 0, 1, 2
 * </pre>
 *
 * <p>A byte is a fixed-point fraction: its trits, the first one most significant, times 256 / 243,
 * rounded up. Multiplying by 3^n modulo 256 brings trit n to the front, and times 3 / 256 is its
 * value.
 *
 * <p>d = max |w|; q rounds w / d to the nearest, halves away from zero. Importance is not used.
 * Source: {@code block_tq1_0} in {@code ggml-common.h}, {@code quantize_row_tq1_0_ref} in {@code
 * ggml-quants.c}.
 */
public final class TQ1_0 extends IndependentBlocks {
  private static final int LENGTH = 256;
  private static final int SCALE = 52;
  private static final int TRITS = 5;

  /** A, B and C: their first byte, their first weight, their bytes, the weights of a byte. */
  private static final Section[] SECTIONS = {
    new Section(0, 0, 32, TRITS), new Section(32, 160, 16, TRITS), new Section(48, 240, 4, 4)
  };

  private record Section(int firstByte, int firstWeight, int columns, int trits) {}

  public TQ1_0() {
    super(TensorType.TQ1_0);
  }

  @Override
  void encodeBlock(float[] x, int from, MemorySegment target, long at) {
    float d = Extremes.absolute(x, from, LENGTH);
    float inverse = Rounding.inverse(d);
    target.set(LittleEndian.SHORT, at + SCALE, F16.fromFloat(d));
    for (Section section : SECTIONS) {
      for (int j = 0; j < section.columns; j++) {
        int packed = 0;
        for (int n = 0; n < TRITS; n++) {
          packed *= 3;
          if (n < section.trits) {
            float w = x[from + section.firstWeight + section.columns * n + j];
            packed += Rounding.halfAway(w * inverse) + 1;
          }
        }
        byte fraction = (byte) ((packed * 256 + 242) / 243);
        target.set(ValueLayout.JAVA_BYTE, at + section.firstByte + j, fraction);
      }
    }
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] y, int to) {
    float d = Float.float16ToFloat(source.get(LittleEndian.SHORT, at + SCALE));
    for (Section section : SECTIONS) {
      for (int j = 0; j < section.columns; j++) {
        int fraction =
            Byte.toUnsignedInt(source.get(ValueLayout.JAVA_BYTE, at + section.firstByte + j));
        for (int n = 0; n < section.trits; n++) {
          int q = fraction * 3 >> 8;
          y[to + section.firstWeight + section.columns * n + j] = (q - 1) * d;
          fraction = fraction * 3 & 0xff;
        }
      }
    }
  }
}
