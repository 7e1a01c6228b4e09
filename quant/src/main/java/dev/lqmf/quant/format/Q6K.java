package dev.lqmf.quant.format;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Q6_K: super-blocks of 256 in 210 bytes, sixteen sub-blocks of 16 with an 8-bit scale each, quants
 * of 6 bits.
 *
 * <pre>
 * byte 0                             128                192          208       210
 *      ┌──────────────────────────────┬──────────────────┬────────────┬─────────┐
 *      │ ql                           │ qh               │ s0 … s15   │ d       │
 *      │ 2 × 64 bytes                 │ 2 × 32 bytes     │ int8       │ float16 │
 *      └──────────────────────────────┴──────────────────┴────────────┴─────────┘
 *
 * ql[64 h + 32 k + i]   bits 7 … 4: low bits of q of x[128 h + 32 (k + 2) + i]   k = 0, 1
 *                       bits 3 … 0: low bits of q of x[128 h + 32 k + i]
 * qh[32 h + i]          bits 2 k + 1, 2 k: high bits of q of x[128 h + 32 k + i]   k = 0 … 3
 *
 * x[16 j + i] = d · s(j) · (q − 32)
 * </pre>
 *
 * <p>{@link SymmetricSearch} finds the sub-blocks' scales, with weights x² or the importance alone.
 * The largest becomes -128 · d; the quants are then rounded anew for the stored scales.
 *
 * <p>Source: {@code block_q6_K} of {@code ggml-common.h}, {@code quantize_row_q6_K_ref}, {@code
 * quantize_row_q6_K_impl} and {@code dequantize_row_q6_K} of {@code ggml-quants.c}.
 */
public final class Q6K extends ColumnBlocks {
  private static final int SUB_BLOCK = 16;
  private static final int SUB_BLOCKS = SUPER_BLOCK / SUB_BLOCK;
  private static final int ZERO = 32;

  private static final int HIGH_BITS = 128;
  private static final int SCALES = 192;
  private static final int SCALE = 208;

  /** Below this a super-block's scales count as zero: {@code GROUP_MAX_EPS}. */
  private static final float SMALLEST = 1e-15f;

  private final SymmetricSearch search = new SymmetricSearch(SUB_BLOCK, ZERO);

  public Q6K() {
    super(TensorType.Q6_K);
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
    float[] scales = new float[SUB_BLOCKS];
    float[] weights = new float[SUB_BLOCK];
    int[] found = new int[SUB_BLOCK];
    for (int j = 0; j < SUB_BLOCKS; j++) {
      int start = j * SUB_BLOCK;
      for (int i = 0; i < SUB_BLOCK; i++) {
        float v = x[from + start + i];
        weights[i] = importance == null ? v * v : importance[column + start + i];
      }
      scales[j] = search.run(x, from + start, weights, found);
      System.arraycopy(found, 0, quants, start, SUB_BLOCK);
    }

    float max = Extremes.signed(scales, 0, SUB_BLOCKS);
    if (Math.abs(max) < SMALLEST) {
      target.asSlice(at, type().blockBytes()).fill((byte) 0);
      return;
    }
    float inverse = -128 / max;
    short scale = F16.fromFloat(1 / inverse);
    for (int j = 0; j < SUB_BLOCKS; j++) {
      byte code = (byte) Math.min(127, Rounding.nearest(inverse * scales[j]));
      target.set(JAVA_BYTE, at + SCALES + j, code);
      float d = Float.float16ToFloat(scale) * code;
      if (d != 0) {
        for (int i = j * SUB_BLOCK; i < (j + 1) * SUB_BLOCK; i++) {
          quants[i] = ZERO + Math.clamp(Rounding.nearest(x[from + i] / d), -ZERO, ZERO - 1);
        }
      }
    }
    target.set(LittleEndian.SHORT, at + SCALE, scale);
    packQuants(quants, target, at);
  }

  private static void packQuants(int[] quants, MemorySegment target, long at) {
    for (int h = 0; h < 2; h++) {
      for (int i = 0; i < 32; i++) {
        int first = 128 * h + i;
        int high = 0;
        for (int k = 0; k < 4; k++) {
          high |= quants[first + 32 * k] >> 4 << 2 * k;
        }
        target.set(JAVA_BYTE, at + HIGH_BITS + 32 * h + i, (byte) high);
        for (int k = 0; k < 2; k++) {
          int pair = quants[first + 32 * k] & 15 | (quants[first + 32 * (k + 2)] & 15) << 4;
          target.set(JAVA_BYTE, at + 64 * h + 32 * k + i, (byte) pair);
        }
      }
    }
  }

  @Override
  void decodeBlock(MemorySegment source, long at, float[] y, int to) {
    float scale = Float.float16ToFloat(source.get(LittleEndian.SHORT, at + SCALE));
    for (int i = 0; i < SUPER_BLOCK; i++) {
      int h = i / 128;
      int k = i / 32 % 4;
      int low = source.get(JAVA_BYTE, at + 64 * h + 32 * (k % 2) + i % 32) >> k / 2 * 4 & 15;
      int high = source.get(JAVA_BYTE, at + HIGH_BITS + 32 * h + i % 32) >> 2 * k & 3;
      byte code = source.get(JAVA_BYTE, at + SCALES + i / SUB_BLOCK);
      y[to + i] = scale * code * ((low | high << 4) - ZERO);
    }
  }
}
