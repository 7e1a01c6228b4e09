package dev.lqmf.quant.format;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Q3_K: super-blocks of 256 in 110 bytes, sixteen sub-blocks of 16 with a 6-bit scale each, quants
 * of 3 bits.
 *
 * <pre>
 * byte 0                  32                                   96                 108       110
 *      ┌──────────────────┬────────────────────────────────────┬──────────────────┬─────────┐
 *      │ hmask            │ qs                                 │ s0 … s15         │ d       │
 *      │ 32 bytes         │ 2 × 32 bytes                       │ 12 bytes         │ float16 │
 *      └──────────────────┴────────────────────────────────────┴──────────────────┴─────────┘
 *
 * hmask[i]         bit k: bit 2 of q of x[32 k + i], k = 0 … 7
 * qs[32 h + i]     bits 2 k + 1, 2 k: bits 1, 0 of q of x[128 h + 32 k + i], k = 0 … 3
 * scales[j]        bits 7 … 4: bits 3 … 0 of s(j + 8)   bits 3 … 0: of s(j)   j = 0 … 7
 * scales[8 + j]    bits 2 k + 1, 2 k: bits 5, 4 of s(4 k + j)   j, k = 0 … 3
 *
 * x[16 j + i] = d · (s(j) − 32) · (q − 4)
 * </pre>
 *
 * <p>Without importance {@link CoordinateSearch} finds the sub-blocks' scales, and the largest
 * becomes -32 · d. With it {@link SymmetricSearch} does, weighted by importance · √(2 · mean square
 * of the super-block + x²), and once more for the scales themselves, weighted by the sub-blocks'
 * sums of weights. The quants are then rounded anew for the stored scales.
 *
 * <p>Source: {@code block_q3_K} of {@code ggml-common.h}, {@code quantize_row_q3_K_ref}, {@code
 * quantize_row_q3_K_impl} and {@code dequantize_row_q3_K} of {@code ggml-quants.c}.
 */
public final class Q3K extends ColumnBlocks {
  private static final int SUB_BLOCK = 16;
  private static final int SUB_BLOCKS = SUPER_BLOCK / SUB_BLOCK;
  private static final int ZERO = 4;
  private static final int SCALE_ZERO = 32;

  private static final int QUANTS = 32;
  private static final int SCALES = 96;
  private static final int SCALE = 108;

  private final CoordinateSearch plainSearch = new CoordinateSearch(SUB_BLOCK, ZERO);
  private final SymmetricSearch weightedSearch = new SymmetricSearch(SUB_BLOCK, ZERO);
  private final SymmetricSearch scaleSearch = new SymmetricSearch(SUB_BLOCKS, SCALE_ZERO);

  public Q3K() {
    super(TensorType.Q3_K);
  }

  @Override
  void encodeBlock(
      float[] x,
      int from,
      float @Nullable [] importance,
      int column,
      MemorySegment target,
      long at) {
    int[] quants = new int[SUPER_BLOCK];
    int[] codes = new int[SUB_BLOCKS];
    short scale =
        F16.fromFloat(
            importance == null
                ? fit(x, from, quants, codes)
                : fit(x, from, importance, column, quants, codes));
    for (int j = 0; j < SUB_BLOCKS; j++) {
      float d = Float.float16ToFloat(scale) * (codes[j] - SCALE_ZERO);
      if (d != 0) {
        for (int i = j * SUB_BLOCK; i < (j + 1) * SUB_BLOCK; i++) {
          quants[i] = ZERO + Math.clamp(Rounding.nearest(x[from + i] / d), -ZERO, ZERO - 1);
        }
      }
    }
    packQuants(quants, target, at);
    packScales(codes, target, at + SCALES);
    target.set(LittleEndian.SHORT, at + SCALE, scale);
  }

  /** Finds quants and the codes of the sub-blocks' scales; returns d. */
  private float fit(float[] x, int from, int[] quants, int[] codes) {
    float[] scales = new float[SUB_BLOCKS];
    int[] found = new int[SUB_BLOCK];
    for (int j = 0; j < SUB_BLOCKS; j++) {
      scales[j] = plainSearch.run(x, from + j * SUB_BLOCK, found);
      System.arraycopy(found, 0, quants, j * SUB_BLOCK, SUB_BLOCK);
    }
    float max = Extremes.signed(scales, 0, SUB_BLOCKS);
    if (max == 0) {
      return 0;
    }
    float inverse = -SCALE_ZERO / max;
    for (int j = 0; j < SUB_BLOCKS; j++) {
      byte code = (byte) Rounding.nearest(inverse * scales[j]);
      codes[j] = SCALE_ZERO + Math.clamp(code, -SCALE_ZERO, SCALE_ZERO - 1);
    }
    return 1 / inverse;
  }

  private float fit(
      float[] x, int from, float[] importance, int column, int[] quants, int[] codes) {
    float sum = 0;
    for (int i = 0; i < SUPER_BLOCK; i++) {
      sum += x[from + i] * x[from + i];
    }
    float variance = 2 * sum / SUPER_BLOCK;
    float[] scales = new float[SUB_BLOCKS];
    float[] weightSums = new float[SUB_BLOCKS];
    float[] weights = new float[SUB_BLOCK];
    int[] found = new int[SUB_BLOCK];
    for (int j = 0; j < SUB_BLOCKS; j++) {
      int start = j * SUB_BLOCK;
      for (int i = 0; i < SUB_BLOCK; i++) {
        float v = x[from + start + i];
        weights[i] = importance[column + start + i] * (float) Math.sqrt(variance + v * v);
        weightSums[j] += weights[i];
      }
      scales[j] = weightedSearch.run(x, from + start, weights, found);
      System.arraycopy(found, 0, quants, start, SUB_BLOCK);
    }
    return scaleSearch.run(scales, 0, weightSums, codes);
  }

  private static void packQuants(int[] quants, MemorySegment target, long at) {
    for (int i = 0; i < 32; i++) {
      int high = 0;
      for (int k = 0; k < 8; k++) {
        high |= quants[32 * k + i] >> 2 << k;
      }
      target.set(JAVA_BYTE, at + i, (byte) high);
      for (int h = 0; h < 2; h++) {
        int low = 0;
        for (int k = 0; k < 4; k++) {
          low |= (quants[128 * h + 32 * k + i] & 3) << 2 * k;
        }
        target.set(JAVA_BYTE, at + QUANTS + 32 * h + i, (byte) low);
      }
    }
  }

  private static void packScales(int[] codes, MemorySegment target, long at) {
    for (int j = 0; j < 8; j++) {
      int low = codes[j] & 15 | (codes[j + 8] & 15) << 4;
      target.set(JAVA_BYTE, at + j, (byte) low);
    }
    for (int j = 0; j < 4; j++) {
      int high = 0;
      for (int k = 0; k < 4; k++) {
        high |= codes[4 * k + j] >> 4 << 2 * k;
      }
      target.set(JAVA_BYTE, at + 8 + j, (byte) high);
    }
  }

  private static int scaleCode(MemorySegment source, long at, int j) {
    int low = source.get(JAVA_BYTE, at + j % 8) >> j / 8 * 4 & 15;
    int high = source.get(JAVA_BYTE, at + 8 + j % 4) >> j / 4 * 2 & 3;
    return low | high << 4;
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] y, int to) {
    float scale = Float.float16ToFloat(source.get(LittleEndian.SHORT, at + SCALE));
    for (int i = 0; i < SUPER_BLOCK; i++) {
      float d = scale * (scaleCode(source, at + SCALES, i / SUB_BLOCK) - SCALE_ZERO);
      int low = source.get(JAVA_BYTE, at + QUANTS + i / 128 * 32 + i % 32) >> i / 32 % 4 * 2 & 3;
      int high = source.get(JAVA_BYTE, at + i % 32) >> i / 32 & 1;
      y[to + i] = d * ((low | high << 2) - ZERO);
    }
  }
}
