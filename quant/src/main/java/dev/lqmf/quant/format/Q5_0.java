package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Blocks of 32 with a scale and 5-bit quants around zero.
 *
 * <pre>
 *   0     2        6                    22
 * ┌─────┬────────┬──────────────────────┐   byte j: low 4 bits of q[j] in the low nibble,
 * │d f16│ h u32  │ 16 bytes             │           of q[j + 16] in the high
 * └─────┴────────┴──────────────────────┘   bit i of h: the fifth bit of q[i]
 *
 * w[i] = d · (q[i] - 16)
 * </pre>
 *
 * <p>d = m / -16 with m the weight of largest magnitude, so that m itself is exact; q rounds w / d
 * + 16 to the nearest, halves up. With importance d is searched: {@link SymmetricSearch}. Source:
 * {@code block_q5_0} in {@code ggml-common.h}, {@code quantize_row_q5_0_ref} and {@code
 * quantize_row_q5_0_impl} in {@code ggml-quants.c}.
 */
public final class Q5_0 extends WeightedBlocks {
  private static final int ZERO = 16;
  private static final int LARGEST = 31;

  private final SymmetricSearch search = new SymmetricSearch(LENGTH, ZERO);

  public Q5_0() {
    super(TensorType.Q5_0);
  }

  @Override
  void encodeBlock(float[] x, int from, MemorySegment target, long at) {
    float d = Extremes.signed(x, from, LENGTH) / -ZERO;
    float inverse = Rounding.inverse(d);
    int[] q = new int[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      q[i] = Math.min(LARGEST, (int) (x[from + i] * inverse + (ZERO + 0.5f)));
    }
    write(d, q, target, at);
  }

  @Override
  void encodeBlock(float[] x, int from, float[] weights, MemorySegment target, long at) {
    int[] q = new int[LENGTH];
    float d = search.run(x, from, weights, q);
    write(d, q, target, at);
  }

  private static void write(float d, int[] q, MemorySegment target, long at) {
    target.set(LittleEndian.SHORT, at, F16.fromFloat(d));
    Nibbles.writeFifthBits(q, target, at + 2);
    Nibbles.write(q, target, at + 6);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] y, int to) {
    float d = Float.float16ToFloat(source.get(LittleEndian.SHORT, at));
    int[] q = new int[LENGTH];
    Nibbles.read(source, at + 6, q);
    Nibbles.addFifthBits(source, at + 2, q);
    for (int i = 0; i < LENGTH; i++) {
      y[to + i] = (q[i] - ZERO) * d;
    }
  }
}
