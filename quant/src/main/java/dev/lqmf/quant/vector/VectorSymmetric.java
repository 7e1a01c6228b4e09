package dev.lqmf.quant.vector;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.Q4_0;
import dev.lqmf.quant.format.Q5_0;
import dev.lqmf.quant.format.Rounding;

/** {@link Q4_0} and {@link Q5_0}. */
public final class VectorSymmetric extends VectorNibbles {
  private final int zero;

  private VectorSymmetric(BlockFormat scalar) {
    super(scalar, 1);
    zero = (largest + 1) / 2;
  }

  /** Q4_0. */
  public static VectorSymmetric fourBits() {
    return new VectorSymmetric(new Q4_0());
  }

  /** Q5_0. */
  public static VectorSymmetric fiveBits() {
    return new VectorSymmetric(new Q5_0());
  }

  @Override
  void encodeBlocks(float[] x, int from, byte[] target, int blocks) {
    byte[] quants = new byte[LENGTH + ByteLanes.PADDING];
    for (int block = 0; block < blocks; block++) {
      int begin = from + block * LENGTH;
      int at = block * type().blockBytes();
      float d = BlockLanes.signedLargest(x, begin, LENGTH) / -zero;
      float inverse = Rounding.inverse(d);
      BlockLanes.quantizeDown(x, begin, LENGTH, 0, inverse, zero + 0.5f, largest, quants);
      ByteLanes.putShort(target, at, F16.fromFloat(d));
      pack(quants, target, at);
    }
  }

  @Override
  void decodeBlocks(byte[] source, float[] y, int to, int blocks) {
    byte[] quants = new byte[LENGTH + ByteLanes.PADDING];
    for (int block = 0; block < blocks; block++) {
      int at = block * type().blockBytes();
      float d = Float.float16ToFloat(ByteLanes.getShort(source, at));
      unpack(source, at, quants);
      BlockLanes.scale(quants, 0, LENGTH, zero, d, y, to + block * LENGTH);
    }
  }
}
