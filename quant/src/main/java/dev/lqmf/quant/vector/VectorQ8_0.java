package dev.lqmf.quant.vector;

import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.Q8_0;
import dev.lqmf.quant.format.Rounding;
import dev.lqmf.tensor.TensorType;

/** {@link Q8_0} along the block, because nothing is summed. */
public final class VectorQ8_0 extends ChunkedBlocks {
  private static final int LENGTH = 32;
  private static final int BYTES = 2 + LENGTH;

  public VectorQ8_0() {
    super(TensorType.Q8_0);
  }

  @Override
  void encodeBlocks(float[] x, int from, byte[] target, int blocks) {
    for (int block = 0; block < blocks; block++) {
      int begin = from + block * LENGTH;
      int at = block * BYTES;
      float d = BlockLanes.largestMagnitude(x, begin, LENGTH) / 127;
      ByteLanes.putShort(target, at, F16.fromFloat(d));
      BlockLanes.quantizeNearest(x, begin, LENGTH, Rounding.inverse(d), 0, target, at + 2);
    }
  }

  @Override
  void decodeBlocks(byte[] source, float[] y, int to, int blocks) {
    for (int block = 0; block < blocks; block++) {
      int at = block * BYTES;
      float d = Float.float16ToFloat(ByteLanes.getShort(source, at));
      BlockLanes.scale(source, at + 2, LENGTH, 0, d, y, to + block * LENGTH);
    }
  }
}
