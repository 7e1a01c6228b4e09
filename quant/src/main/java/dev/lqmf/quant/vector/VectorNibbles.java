package dev.lqmf.quant.vector;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What Q4_0, Q4_1, Q5_0 and Q5_1 share. After the scales come the fifth bits, if there are any, as
 * one integer, then the lower four bits as {@link NibbleBytes} has them.
 *
 * <p>Without importance a block is encoded along its length, because nothing is summed.
 */
abstract class VectorNibbles extends ChunkedBlocks {
  static final int LENGTH = NibbleBytes.LENGTH;

  /** The largest quant, 15 or 31. */
  final int largest;

  private final boolean fifthBits;
  private final BlockFormat scalar;
  private final int scaleBytes;

  VectorNibbles(BlockFormat scalar, int scales) {
    super(scalar.type());
    TensorType type = scalar.type();
    this.scalar = scalar;
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
      scalar.encode(source, sourceOffset, rows, rowLength, importance, target, targetOffset);
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
