package dev.lqmf.quant.vector;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A format that encodes as many blocks at a time as there are lanes, one in each. Where blocks run
 * out, the last one fills the lanes that remain, and is written once.
 */
abstract class TiledBlocks implements BlockFormat {
  private final BlockFormat scalar;
  private final TensorType type;

  /**
   * Creates the format.
   *
   * @param scalar the format that this one is the vector twin of
   */
  TiledBlocks(BlockFormat scalar) {
    this.scalar = scalar;
    this.type = scalar.type();
  }

  /** Encodes tiles; used by one thread. */
  interface Encoder {
    /**
     * Encodes {@link Lanes#COUNT} blocks.
     *
     * @param starts where in {@code x} each lane's block begins
     * @param importance of the columns, or null
     * @param columns of the blocks' first elements
     * @param target receives the blocks in the order of the lanes
     */
    void encode(
        float[] x, int[] starts, float @Nullable [] importance, int[] columns, byte[] target);
  }

  /** A new encoder with scratch space of its own. */
  abstract Encoder encoder();

  @Override
  public final TensorType type() {
    return type;
  }

  @Override
  public final void encode(
      float[] source,
      int sourceOffset,
      int rows,
      int rowLength,
      float @Nullable [] importance,
      MemorySegment target,
      long targetOffset) {
    int length = type.blockElements();
    int bytes = type.blockBytes();
    int blocks = rows * rowLength / length;
    Encoder encoder = encoder();
    int[] starts = new int[Lanes.COUNT];
    int[] columns = new int[Lanes.COUNT];
    byte[] encoded = new byte[Lanes.COUNT * bytes + ByteLanes.PADDING];
    for (int first = 0; first < blocks; first += Lanes.COUNT) {
      for (int lane = 0; lane < Lanes.COUNT; lane++) {
        int element = Math.min(first + lane, blocks - 1) * length;
        starts[lane] = sourceOffset + element;
        columns[lane] = element % rowLength;
      }
      encoder.encode(source, starts, importance, columns, encoded);
      int count = Math.min(Lanes.COUNT, blocks - first);
      MemorySegment.copy(
          encoded,
          0,
          target,
          ValueLayout.JAVA_BYTE,
          targetOffset + (long) first * bytes,
          count * bytes);
    }
  }

  @Override
  public void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    scalar.decode(source, sourceOffset, target, targetOffset, elements);
  }
}
