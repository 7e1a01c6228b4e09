package dev.lqmf.quant.vector;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * A format whose blocks pass through a small byte array, a chunk at a time: the loops then see one
 * kind of memory, whatever kind of segment the caller has, and the copy stays in the first-level
 * cache.
 */
abstract class ChunkedBlocks implements BlockFormat {
  private static final int CHUNK_ELEMENTS = 4096;

  private final TensorType type;
  private final int length;
  private final int bytes;
  private final int chunk;

  ChunkedBlocks(TensorType type) {
    this.type = type;
    this.length = type.blockElements();
    this.bytes = type.blockBytes();
    this.chunk = CHUNK_ELEMENTS / length;
  }

  /**
   * Encodes blocks that begin at {@code x[from]}, to the beginning of {@code target}, which is
   * longer than they are by {@link ByteLanes#PADDING}.
   */
  abstract void encodeBlocks(float[] x, int from, byte[] target, int blocks);

  /**
   * Decodes blocks at the beginning of {@code source}, which is longer than they are by {@link
   * ByteLanes#PADDING}, to {@code y[to]} and the following.
   */
  abstract void decodeBlocks(byte[] source, float[] y, int to, int blocks);

  @Override
  public final TensorType type() {
    return type;
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
    int blocks = rows * rowLength / length;
    byte[] encoded = new byte[Math.min(chunk, blocks) * bytes + ByteLanes.PADDING];
    for (int first = 0; first < blocks; first += chunk) {
      int count = Math.min(chunk, blocks - first);
      encodeBlocks(source, sourceOffset + first * length, encoded, count);
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
  public final void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    int blocks = elements / length;
    byte[] encoded = new byte[Math.min(chunk, blocks) * bytes + ByteLanes.PADDING];
    for (int first = 0; first < blocks; first += chunk) {
      int count = Math.min(chunk, blocks - first);
      MemorySegment.copy(
          source,
          ValueLayout.JAVA_BYTE,
          sourceOffset + (long) first * bytes,
          encoded,
          0,
          count * bytes);
      decodeBlocks(encoded, target, targetOffset + first * length, count);
    }
  }
}
