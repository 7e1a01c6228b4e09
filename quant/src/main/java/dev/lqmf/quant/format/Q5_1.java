package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Blocks of 32 with a scale, a minimum and 5-bit quants.
 *
 * <pre>
 *   0     2     4        8                    24
 * ┌─────┬─────┬────────┬──────────────────────┐   byte j: low 4 bits of q[j] in the low
 * │d f16│m f16│ h u32  │ 16 bytes             │           nibble, of q[j + 16] in the high
 * └─────┴─────┴────────┴──────────────────────┘   bit i of h: the fifth bit of q[i]
 *
 * w[i] = d · q[i] + m
 * </pre>
 *
 * <p>m = min w, d = (max w - m) / 31; q rounds (w - m) / d to the nearest, halves up. With
 * importance both are searched: {@link ScaleMinSearch}. Source: {@code block_q5_1} in {@code
 * ggml-common.h}, {@code quantize_row_q5_1_ref} and {@code quantize_row_q5_1_impl} in {@code
 * ggml-quants.c}.
 */
public final class Q5_1 extends WeightedBlocks {
  private static final int LARGEST = 31;

  public Q5_1() {
    super(TensorType.Q5_1);
  }

  @Override
  void encodeBlock(float[] x, int from, MemorySegment target, long at) {
    float min = Extremes.smallest(x, from, LENGTH);
    float d = (Extremes.largest(x, from, LENGTH) - min) / LARGEST;
    float inverse = Rounding.inverse(d);
    int[] q = new int[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      q[i] = Math.min(LARGEST, (int) ((x[from + i] - min) * inverse + 0.5f));
    }
    write(d, min, q, target, at);
  }

  @Override
  void encodeBlock(float[] x, int from, float[] weights, MemorySegment target, long at) {
    ScaleMinSearch search = new ScaleMinSearch(LENGTH, LARGEST);
    int[] q = new int[LENGTH];
    float[] block = Arrays.copyOfRange(x, from, from + LENGTH);
    search.run(block, 0, weights, SCALE_MIN_GRID, false, q);
    write(search.scale(), -search.minimum(), q, target, at);
  }

  private static void write(float d, float min, int[] q, MemorySegment target, long at) {
    target.set(LittleEndian.SHORT, at, F16.fromFloat(d));
    target.set(LittleEndian.SHORT, at + 2, F16.fromFloat(min));
    Nibbles.writeFifthBits(q, target, at + 4);
    Nibbles.write(q, target, at + 8);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] y, int to) {
    float d = Float.float16ToFloat(source.get(LittleEndian.SHORT, at));
    float min = Float.float16ToFloat(source.get(LittleEndian.SHORT, at + 2));
    int[] q = new int[LENGTH];
    Nibbles.read(source, at + 8, q);
    Nibbles.addFifthBits(source, at + 4, q);
    for (int i = 0; i < LENGTH; i++) {
      y[to + i] = q[i] * d + min;
    }
  }
}
