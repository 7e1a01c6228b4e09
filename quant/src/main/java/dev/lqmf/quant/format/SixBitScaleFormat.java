package dev.lqmf.quant.format;

import static dev.lqmf.quant.format.ScaleMinLayout.SUPER_BLOCK;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.lqmf.quant.BlockFormat;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** What {@link Q4K} and {@link Q5K} share: all but where the quants' bits lie. */
abstract sealed class SixBitScaleFormat implements BlockFormat permits Q4K, Q5K {
  private static final int SCALE = 0;
  private static final int MINIMUM = 2;
  private static final int CODES = 4;

  /** Where the quants begin in a block. */
  static final int QUANTS = CODES + SixBitScales.BYTES;

  private final ScaleMinLayout layout;
  private final boolean limitsWeightedCodes;

  /**
   * Creates the format.
   *
   * @param limitsWeightedCodes whether codes are limited to 63 with importance, too. It matters
   *     where importance is zero nearly everywhere: rounding errors can then give a negative scale,
   *     whose code wraps
   */
  SixBitScaleFormat(ScaleMinLayout layout, boolean limitsWeightedCodes) {
    this.layout = layout;
    this.limitsWeightedCodes = limitsWeightedCodes;
  }

  /** Writes the 256 quants into a block. */
  abstract void packQuants(int[] quants, byte[] block);

  /** Reads the 256 quants from a block. */
  abstract void unpackQuants(byte[] block, int[] quants);

  @Override
  public void encode(
      float[] source,
      int sourceOffset,
      int rows,
      int rowLength,
      float @Nullable [] importance,
      MemorySegment target,
      long targetOffset) {
    ScaleMinSuperBlock superBlock = new ScaleMinSuperBlock(layout);
    int[] scales = superBlock.scaleCodes;
    int[] minima = superBlock.minimumCodes;
    byte[] block = new byte[type().blockBytes()];
    ByteBuffer halves = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    int blocks = rows * rowLength / SUPER_BLOCK;
    for (int b = 0; b < blocks; b++) {
      int start = b * SUPER_BLOCK;
      superBlock.fit(source, sourceOffset + start, importance, start % rowLength);
      if (importance == null || limitsWeightedCodes) {
        for (int j = 0; j < scales.length; j++) {
          scales[j] = Math.min(scales[j], layout.largestCode());
          minima[j] = Math.min(minima[j], layout.largestCode());
        }
      }
      SixBitScales.pack(scales, minima, block, CODES);
      SixBitScales.unpack(block, CODES, scales, minima);
      superBlock.requantize();
      halves.putShort(SCALE, superBlock.scale());
      halves.putShort(MINIMUM, superBlock.minimum());
      packQuants(superBlock.quants, block);
      MemorySegment.copy(
          block, 0, target, JAVA_BYTE, targetOffset + (long) b * block.length, block.length);
    }
  }

  @Override
  public void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    int length = layout.subLength();
    int[] scales = new int[layout.subBlocks()];
    int[] minima = new int[layout.subBlocks()];
    int[] quants = new int[SUPER_BLOCK];
    byte[] block = new byte[type().blockBytes()];
    ByteBuffer halves = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    for (int b = 0; b < elements / SUPER_BLOCK; b++) {
      MemorySegment.copy(
          source, JAVA_BYTE, sourceOffset + (long) b * block.length, block, 0, block.length);
      float d = Float.float16ToFloat(halves.getShort(SCALE));
      float dMin = Float.float16ToFloat(halves.getShort(MINIMUM));
      SixBitScales.unpack(block, CODES, scales, minima);
      unpackQuants(block, quants);
      for (int i = 0; i < SUPER_BLOCK; i++) {
        int j = i / length;
        target[targetOffset + b * SUPER_BLOCK + i] = d * scales[j] * quants[i] - dMin * minima[j];
      }
    }
  }
}
