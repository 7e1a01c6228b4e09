package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * IQ4_XS: super-blocks of 256 in 136 bytes, eight sub-blocks of 32 with a 6-bit scale each, quants
 * of 4 bits that number the levels of a non-linear scale.
 *
 * <pre>
 * byte 0         2          4          8                                    136
 *      ┌─────────┬──────────┬──────────┬────────────────────────────────────┐
 *      │ d       │ scales_h │ scales_l │ qs                                 │
 *      │ float16 │ uint16   │ 4 bytes  │ 8 × 16 bytes                       │
 *      └─────────┴──────────┴──────────┴────────────────────────────────────┘
 *
 * scales_h       bits 2 j + 1, 2 j: bits 5, 4 of s(j)
 * scales_l[j]    bits 7 … 4: bits 3 … 0 of s(2 j + 1)   bits 3 … 0: of s(2 j)
 * qs[16 j + i]   bits 7 … 4: q of x[32 j + 16 + i]   bits 3 … 0: q of x[32 j + i]
 *
 * x[32 j + i] = d · (s(j) − 32) · level(q)
 * </pre>
 *
 * <p>{@link LevelSearch} finds the sub-blocks' scales, weighted by x² or by importance · √(2 · mean
 * square of the super-block + x²). The largest becomes -32 · d. The quants are then chosen anew for
 * the scales' codes, with d before its rounding to float16.
 *
 * <p>Source: {@code block_iq4_xs} of {@code ggml-common.h}, {@code quantize_iq4_xs}, {@code
 * quantize_row_iq4_nl_impl} and {@code dequantize_row_iq4_xs} of {@code ggml-quants.c}.
 */
public final class IQ4XS extends ColumnBlocks {
  private static final int SUB_BLOCK = 32;
  private static final int SUB_BLOCKS = SUPER_BLOCK / SUB_BLOCK;
  private static final int SCALE_ZERO = 32;

  private static final int HIGH_BITS = 2;
  private static final int LOW_BITS = 4;
  private static final int QUANTS = 8;

  private final LevelSearch search = new LevelSearch(SUB_BLOCK);

  public IQ4XS() {
    super(TensorType.IQ4_XS);
  }

  @Override
  void encodeBlock(
      float[] x,
      int from,
      float @Nullable [] importance,
      int column,
      MemorySegment target,
      long at) {
    float variance = IQ4NL.variance(x, from, SUPER_BLOCK);
    float[] weights = new float[SUB_BLOCK];
    float[] scales = new float[SUB_BLOCKS];
    for (int j = 0; j < SUB_BLOCKS; j++) {
      int start = j * SUB_BLOCK;
      LevelSearch.weigh(x, from + start, variance, importance, column + start, weights);
      scales[j] = search.run(x, from + start, weights);
    }

    float scale = -Extremes.signed(scales, 0, SUB_BLOCKS) / SCALE_ZERO;
    float inverse = scale == 0 ? 0 : 1 / scale;
    int low = 0;
    int high = 0;
    for (int j = 0; j < SUB_BLOCKS; j++) {
      int factor = Math.clamp(Rounding.nearest(inverse * scales[j]), -SCALE_ZERO, SCALE_ZERO - 1);
      int code = SCALE_ZERO + factor;
      low |= (code & 15) << 4 * j;
      high |= code >> 4 << 2 * j;
      float d = scale * factor;
      int start = j * SUB_BLOCK;
      IQ4NL.writeQuants(x, from + start, d == 0 ? 0 : 1 / d, target, at + QUANTS + start / 2);
    }
    target.set(LittleEndian.SHORT, at, F16.fromFloat(scale));
    target.set(LittleEndian.SHORT, at + HIGH_BITS, (short) high);
    target.set(LittleEndian.INT, at + LOW_BITS, low);
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] y, int to) {
    float scale = Float.float16ToFloat(source.get(LittleEndian.SHORT, at));
    int high = source.get(LittleEndian.SHORT, at + HIGH_BITS);
    int low = source.get(LittleEndian.INT, at + LOW_BITS);
    for (int j = 0; j < SUB_BLOCKS; j++) {
      int code = low >>> 4 * j & 15 | (high >> 2 * j & 3) << 4;
      int start = j * SUB_BLOCK;
      IQ4NL.readQuants(source, at + QUANTS + start / 2, scale * (code - SCALE_ZERO), y, to + start);
    }
  }
}
