package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Blocks of 32 with a scale and 4-bit quants around zero.
 *
 * <pre>
 *   0     2                    18
 * ┌─────┬──────────────────────┐
 * │d f16│ 16 bytes             │   byte j: q[j] in the low nibble, q[j + 16] in the high
 * └─────┴──────────────────────┘
 *
 * w[i] = d · (q[i] - 8)
 * </pre>
 *
 * <p>d = m / -8 with m the weight of largest magnitude, so that m itself is exact; q rounds w / d +
 * 8 to the nearest, halves up. With importance d is searched: {@link SymmetricSearch}. Source:
 * {@code block_q4_0} in {@code ggml-common.h}, {@code quantize_row_q4_0_ref} and {@code
 * quantize_row_q4_0_impl} in {@code ggml-quants.c}.
 */
public final class Q4_0 extends WeightedBlocks {
  private static final int ZERO = 8;
  private static final int LARGEST = 15;

  private final SymmetricSearch search = new SymmetricSearch(LENGTH, ZERO);

  public Q4_0() {
    super(TensorType.Q4_0);
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
    Nibbles.write(q, target, at + 2);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] y, int to) {
    float d = Float.float16ToFloat(source.get(LittleEndian.SHORT, at));
    int[] q = new int[LENGTH];
    Nibbles.read(source, at + 2, q);
    for (int i = 0; i < LENGTH; i++) {
      y[to + i] = (q[i] - ZERO) * d;
    }
  }
}
