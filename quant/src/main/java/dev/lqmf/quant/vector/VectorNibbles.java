package dev.lqmf.quant.vector;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * What Q4_0, Q4_1, Q5_0 and Q5_1 share. After the scales come the fifth bits, if there are any, as
 * one integer, then the lower four bits as {@link NibbleBytes} has them.
 *
 * <p>Without importance a block is encoded along its length, because nothing is summed; with
 * importance one block in each lane.
 */
abstract class VectorNibbles extends ChunkedBlocks {
  static final int LENGTH = NibbleBytes.LENGTH;

  /** The largest quant, 15 or 31. */
  final int largest;

  private final boolean fifthBits;
  private final int scaleBytes;

  /**
   * Creates the format.
   *
   * @param scales number of float16 at the beginning of a block
   */
  VectorNibbles(TensorType type, int scales) {
    super(type);
    scaleBytes = scales * Short.BYTES;
    fifthBits = type.blockBytes() > scaleBytes + LENGTH / 2;
    largest = fifthBits ? 31 : 15;
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
    if (importance == null) {
      super.encode(source, sourceOffset, rows, rowLength, null, target, targetOffset);
    } else {
      encodeWeighted(source, sourceOffset, rows, rowLength, importance, target, targetOffset);
    }
  }

  /** A new search with scratch space of its own. */
  abstract WeightedTile tile();

  private void encodeWeighted(
      float[] source,
      int sourceOffset,
      int rows,
      int rowLength,
      float[] importance,
      MemorySegment target,
      long targetOffset) {
    float[] meanSquares = MeanSquares.of(source, sourceOffset, rows, rowLength);
    WeightedTile tile = tile();
    int bytes = type().blockBytes();
    byte[] quants = new byte[LENGTH + ByteLanes.PADDING];
    byte[] encoded = new byte[tile.blocks() * bytes];
    int blocks = rows * rowLength / LENGTH;
    for (int first = 0; first < blocks; first += tile.blocks()) {
      tile.load(source, sourceOffset, first, blocks, rowLength, importance, meanSquares);
      tile.search();
      int count = Math.min(tile.blocks(), blocks - first);
      for (int block = 0; block < count; block++) {
        int from = sourceOffset + (first + block) * LENGTH;
        tile.finish(block, source, from, quants, encoded, block * bytes);
        pack(quants, encoded, block * bytes);
      }
      MemorySegment.copy(
          encoded,
          0,
          target,
          ValueLayout.JAVA_BYTE,
          targetOffset + (long) first * bytes,
          count * bytes);
    }
  }

  /**
   * Stores a block's quants.
   *
   * @param at where the block begins
   */
  final void pack(byte[] quants, byte[] target, int at) {
    int begin = at + scaleBytes;
    if (fifthBits) {
      ByteLanes.putInt(target, begin, NibbleBytes.fifthBits(quants));
      begin += Integer.BYTES;
    }
    NibbleBytes.pack(quants, target, begin);
  }

  /**
   * Restores a block's quants.
   *
   * @param at where the block begins
   */
  final void unpack(byte[] source, int at, byte[] quants) {
    int begin = at + scaleBytes;
    if (fifthBits) {
      NibbleBytes.unpack(source, begin + Integer.BYTES, quants);
      NibbleBytes.addFifthBits(ByteLanes.getInt(source, begin), quants);
    } else {
      NibbleBytes.unpack(source, begin, quants);
    }
  }
}
