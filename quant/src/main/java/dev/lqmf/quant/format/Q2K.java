package dev.lqmf.quant.format;

import static dev.lqmf.quant.format.ScaleMinLayout.SUPER_BLOCK;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Q2_K: super-blocks of 256 in 84 bytes, sixteen sub-blocks of 16 with a 4-bit scale and a 4-bit
 * minimum each, quants of 2 bits.
 *
 * <pre>
 * byte 0                16                                       80        82        84
 *      ┌────────────────┬────────────────────────────────────────┬─────────┬─────────┐
 *      │ codes          │ qs                                     │ d       │ dmin    │
 *      │ 16 bytes       │ 2 × 32 bytes                           │ float16 │ float16 │
 *      └────────────────┴────────────────────────────────────────┴─────────┴─────────┘
 *
 * codes[j]       bits 7 … 4: m(j)   bits 3 … 0: s(j)
 * qs[32 h + i]   bits 2 k + 1, 2 k: q of x[128 h + 32 k + i], k = 0 … 3
 *
 * x[16 j + i] = d · s(j) · q − dmin · m(j)
 * </pre>
 *
 * <p>Source: {@code block_q2_K} of {@code ggml-common.h}, {@code quantize_row_q2_K_ref}, {@code
 * quantize_row_q2_K_impl} and {@code dequantize_row_q2_K} of {@code ggml-quants.c}.
 */
public final class Q2K implements BlockFormat {
  /** Sizes and candidates. */
  public static final ScaleMinLayout LAYOUT =
      new ScaleMinLayout(
          16, 3, 15, true, 1, new StepGrid(-0.5f, 0.1f, 16), new StepGrid(-0.9f, 0.05f, 37));

  private static final int QUANTS = 16;
  private static final int SCALE = 80;
  private static final int MINIMUM = 82;

  @Override
  public TensorType type() {
    return TensorType.Q2_K;
  }

  @Override
  public void encode(
      float[] source,
      int sourceOffset,
      int rows,
      int rowLength,
      float @Nullable [] importance,
      MemorySegment target,
      long targetOffset) {
    ScaleMinSuperBlock superBlock = new ScaleMinSuperBlock(LAYOUT);
    byte[] block = new byte[TensorType.Q2_K.blockBytes()];
    ByteBuffer halves = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    int blocks = rows * rowLength / SUPER_BLOCK;
    for (int b = 0; b < blocks; b++) {
      int start = b * SUPER_BLOCK;
      superBlock.fit(source, sourceOffset + start, importance, start % rowLength);
      int[] scales = superBlock.scaleCodes;
      int[] minima = superBlock.minimumCodes;
      for (int j = 0; j < scales.length; j++) {
        block[j] = (byte) (scales[j] | minima[j] << 4);
        scales[j] = block[j] & 15;
        minima[j] = block[j] >> 4 & 15;
      }
      superBlock.requantize();
      packQuants(superBlock.quants, block);
      halves.putShort(SCALE, superBlock.scale());
      halves.putShort(MINIMUM, superBlock.minimum());
      MemorySegment.copy(
          block, 0, target, JAVA_BYTE, targetOffset + (long) b * block.length, block.length);
    }
  }

  private static void packQuants(int[] quants, byte[] block) {
    for (int h = 0; h < 2; h++) {
      for (int i = 0; i < 32; i++) {
        int bits = 0;
        for (int k = 0; k < 4; k++) {
          bits |= quants[128 * h + 32 * k + i] << 2 * k;
        }
        block[QUANTS + 32 * h + i] = (byte) bits;
      }
    }
  }

  @Override
  public void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    byte[] block = new byte[TensorType.Q2_K.blockBytes()];
    ByteBuffer halves = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    for (int b = 0; b < elements / SUPER_BLOCK; b++) {
      MemorySegment.copy(
          source, JAVA_BYTE, sourceOffset + (long) b * block.length, block, 0, block.length);
      float d = Float.float16ToFloat(halves.getShort(SCALE));
      float dMin = Float.float16ToFloat(halves.getShort(MINIMUM));
      for (int i = 0; i < SUPER_BLOCK; i++) {
        int quant = block[QUANTS + i / 128 * 32 + i % 32] >> i / 32 % 4 * 2 & 3;
        int code = block[i / 16];
        target[targetOffset + b * SUPER_BLOCK + i] =
            d * (code & 15) * quant - dMin * (code >> 4 & 15);
      }
    }
  }
}
