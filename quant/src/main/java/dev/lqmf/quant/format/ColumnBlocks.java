package dev.lqmf.quant.format;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A format that encodes one block after the other, weighted by the columns it covers. */
abstract class ColumnBlocks implements BlockFormat {
  /** Elements of a super-block: {@code QK_K}. */
  static final int SUPER_BLOCK = 256;

  private final TensorType type;

  ColumnBlocks(TensorType type) {
    this.type = type;
  }

  @Override
  public final TensorType type() {
    return type;
  }

  /**
   * Encodes the block that begins at {@code x[from]}.
   *
   * @param importance of the columns, or null
   * @param column of the block's first element
   */
  abstract void encodeBlock(
      float[] x,
      int from,
      float @Nullable [] importance,
      int column,
      MemorySegment target,
      long at);

  /** Decodes one block to {@code y[to]} and the following. */
  abstract void decodeBlock(MemorySegment source, long at, float[] y, int to);

  @Override
  public final void encode(
      float[] source,
      int sourceOffset,
      int rows,
      int rowLength,
      float @Nullable [] importance,
      MemorySegment target,
      long targetOffset) {
    long at = targetOffset;
    for (int i = 0; i < rows * rowLength; i += type.blockElements()) {
      encodeBlock(source, sourceOffset + i, importance, i % rowLength, target, at);
      at += type.blockBytes();
    }
  }

  @Override
  public final void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    long at = sourceOffset;
    for (int i = 0; i < elements; i += type.blockElements()) {
      decodeBlock(source, at, target, targetOffset + i);
      at += type.blockBytes();
    }
  }
}
