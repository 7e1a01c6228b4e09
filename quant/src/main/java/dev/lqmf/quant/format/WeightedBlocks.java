package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of 32 that importance has a say in: an element's error is weighted by importance · √(row's
 * mean square + element's square).
 */
abstract class WeightedBlocks extends IndependentBlocks {
  static final int LENGTH = 32;

  /** The candidates that Q4_1 and Q5_1 try. */
  static final StepGrid SCALE_MIN_GRID = new StepGrid(-0.9f, 0.05f, 37);

  WeightedBlocks(TensorType type) {
    super(type);
  }

  /**
   * Encodes the block that begins at {@code x[from]}.
   *
   * @param weights of the squared errors of its elements
   */
  abstract void encodeBlock(float[] x, int from, float[] weights, MemorySegment target, long at);

  @Override
  public final void encode(
      float[] source,
      int sourceOffset,
      int rows,
      int rowLength,
      float @Nullable [] importance,
      MemorySegment target,
      long targetOffset) {
    if (importance == null) {
      super.encode(source, sourceOffset, rows, rowLength, null, target, targetOffset);
      return;
    }
    float[] weights = new float[LENGTH];
    long at = targetOffset;
    for (int row = 0; row < rows; row++) {
      int rowFrom = sourceOffset + row * rowLength;
      float meanSquare = meanSquare(source, rowFrom, rowLength);
      for (int block = 0; block < rowLength; block += LENGTH) {
        for (int i = 0; i < LENGTH; i++) {
          float x = source[rowFrom + block + i];
          weights[i] = importance[block + i] * sqrt(meanSquare + x * x);
        }
        encodeBlock(source, rowFrom + block, weights, target, at);
        at += type().blockBytes();
      }
    }
  }

  private static float meanSquare(float[] x, int from, int length) {
    float sum = 0;
    for (int i = from; i < from + length; i++) {
      sum += x[i] * x[i];
    }
    return sum / length;
  }

  /** Rounding the double root to a float gives the correctly rounded root of a float. */
  private static float sqrt(float value) {
    return (float) Math.sqrt(value);
  }
}
