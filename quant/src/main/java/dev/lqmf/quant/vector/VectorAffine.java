package dev.lqmf.quant.vector;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.Q4_1;
import dev.lqmf.quant.format.Q5_1;
import dev.lqmf.quant.format.Rounding;

/** {@link Q4_1} and {@link Q5_1}. */
public final class VectorAffine extends VectorNibbles {
  private VectorAffine(BlockFormat scalar) {
    super(scalar, 2);
  }

  /** Q4_1. */
  public static VectorAffine fourBits() {
    return new VectorAffine(new Q4_1());
  }

  /** Q5_1. */
  public static VectorAffine fiveBits() {
    return new VectorAffine(new Q5_1());
  }

  @Override
  void encodeBlocks(float[] x, int from, byte[] target, int blocks) {
    byte[] quants = new byte[LENGTH + ByteLanes.PADDING];
    for (int block = 0; block < blocks; block++) {
      int begin = from + block * LENGTH;
      int at = block * type().blockBytes();
      float min = BlockLanes.smallest(x, begin, LENGTH);
      float d = (BlockLanes.largest(x, begin, LENGTH) - min) / largest;
      float inverse = Rounding.inverse(d);
      BlockLanes.quantizeDown(x, begin, LENGTH, min, inverse, 0.5f, largest, quants);
      ByteLanes.putShort(target, at, F16.fromFloat(d));
      ByteLanes.putShort(target, at + 2, F16.fromFloat(min));
      pack(quants, target, at);
    }
  }

  @Override
  void decodeBlocks(byte[] source, float[] y, int to, int blocks) {
    byte[] quants = new byte[LENGTH + ByteLanes.PADDING];
    for (int block = 0; block < blocks; block++) {
      int at = block * type().blockBytes();
      float d = Float.float16ToFloat(ByteLanes.getShort(source, at));
      float min = Float.float16ToFloat(ByteLanes.getShort(source, at + 2));
      unpack(source, at, quants);
      BlockLanes.scaleAndAdd(quants, LENGTH, d, min, y, to + block * LENGTH);
    }
  }
}
