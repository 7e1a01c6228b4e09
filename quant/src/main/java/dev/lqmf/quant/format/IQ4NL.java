package dev.lqmf.quant.format;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * IQ4_NL: blocks of 32 in 18 bytes with a scale, quants of 4 bits that number the levels of a
 * non-linear scale.
 *
 * <pre>
 * byte 0         2                    18
 *      ┌─────────┬────────────────────┐
 *      │ d       │ qs                 │
 *      │ float16 │ 16 bytes           │
 *      └─────────┴────────────────────┘
 *
 * qs[i]   bits 7 … 4: q of x[16 + i]   bits 3 … 0: q of x[i]
 *
 * x[i] = d · level(q)
 * </pre>
 *
 * <p>{@link LevelSearch} finds the scale, weighted by x² or by importance · √(2 · mean square of
 * the block + x²); the quants are those of the scale before its rounding to float16.
 *
 * <p>Source: {@code block_iq4_nl} of {@code ggml-common.h}, {@code quantize_iq4_nl}, {@code
 * quantize_row_iq4_nl_impl} and {@code dequantize_row_iq4_nl} of {@code ggml-quants.c}.
 */
public final class IQ4NL extends ColumnBlocks {
  private static final int LENGTH = 32;
  private static final int QUANTS = 2;

  private final LevelSearch search = new LevelSearch(LENGTH);

  public IQ4NL() {
    super(TensorType.IQ4_NL);
  }

  @Override
  void encodeBlock(
      float[] x,
      int from,
      float @Nullable [] importance,
      int column,
      MemorySegment target,
      long at) {
    float[] weights = new float[LENGTH];
    LevelSearch.weigh(x, from, variance(x, from, LENGTH), importance, column, weights);
    float scale = search.run(x, from, weights);
    target.set(LittleEndian.SHORT, at, F16.fromFloat(scale));
    writeQuants(x, from, scale == 0 ? 0 : 1 / scale, target, at + QUANTS);
  }

  /** Twice the mean square. */
  static float variance(float[] x, int from, int length) {
    float sum = 0;
    for (int i = from; i < from + length; i++) {
      sum += x[i] * x[i];
    }
    return sum * (2f / length);
  }

  /** Writes the quants of 32 elements whose inverse scale is given. */
  static void writeQuants(float[] x, int from, float inverse, MemorySegment target, long at) {
    for (int i = 0; i < LENGTH / 2; i++) {
      int low = NonLinear.nearest(inverse * x[from + i]);
      int high = NonLinear.nearest(inverse * x[from + LENGTH / 2 + i]);
      target.set(JAVA_BYTE, at + i, (byte) (low | high << 4));
    }
  }

  /** Decodes 32 quants. */
  static void readQuants(MemorySegment source, long at, float scale, float[] y, int to) {
    for (int i = 0; i < LENGTH / 2; i++) {
      int pair = source.get(JAVA_BYTE, at + i);
      y[to + i] = scale * NonLinear.level(pair & 15);
      y[to + LENGTH / 2 + i] = scale * NonLinear.level(pair >> 4 & 15);
    }
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] y, int to) {
    float scale = Float.float16ToFloat(source.get(LittleEndian.SHORT, at));
    readQuants(source, at + QUANTS, scale, y, to);
  }
}
