package dev.lqmf.quant.vector;

import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.Q4_0;
import dev.lqmf.quant.format.Q5_0;
import dev.lqmf.quant.format.Rounding;
import dev.lqmf.tensor.TensorType;
import java.util.Arrays;

/** {@link Q4_0} and {@link Q5_0}. */
public final class VectorSymmetric extends VectorNibbles {
  private final int zero;

  private VectorSymmetric(TensorType type) {
    super(type, 1);
    zero = (largest + 1) / 2;
  }

  /** Q4_0. */
  public static VectorSymmetric fourBits() {
    return new VectorSymmetric(TensorType.Q4_0);
  }

  /** Q5_0. */
  public static VectorSymmetric fiveBits() {
    return new VectorSymmetric(TensorType.Q5_0);
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

  @Override
  WeightedTile tile() {
    return new Tile(zero);
  }

  private static final class Tile extends WeightedTile {
    private final int zero;
    private final LaneSymmetricSearch search;
    private final float[] scales = new float[Lanes.COUNT];
    private final float[] inverses = new float[Lanes.COUNT];

    Tile(int zero) {
      super(1);
      this.zero = zero;
      this.search = new LaneSymmetricSearch(LENGTH, zero);
    }

    @Override
    float[] weights() {
      return search.weights;
    }

    @Override
    void search() {
      search.run(x, 0, scales, inverses, 0);
    }

    @Override
    void finish(int block, float[] source, int from, byte[] quants, byte[] target, int at) {
      ByteLanes.putShort(target, at, F16.fromFloat(scales[block]));
      if (Float.isNaN(inverses[block])) {
        Arrays.fill(quants, (byte) 0);
      } else {
        BlockLanes.quantizeEven(source, from, LENGTH, 0, inverses[block], -zero, zero - 1, quants);
      }
    }
  }
}
