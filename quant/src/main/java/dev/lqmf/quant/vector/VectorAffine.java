package dev.lqmf.quant.vector;

import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.Q4_1;
import dev.lqmf.quant.format.Q5_1;
import dev.lqmf.quant.format.Rounding;
import dev.lqmf.quant.format.StepGrid;
import dev.lqmf.tensor.TensorType;

/** {@link Q4_1} and {@link Q5_1}. */
public final class VectorAffine extends VectorNibbles {
  private VectorAffine(TensorType type) {
    super(type, 2);
  }

  /** Q4_1. */
  public static VectorAffine fourBits() {
    return new VectorAffine(TensorType.Q4_1);
  }

  /** Q5_1. */
  public static VectorAffine fiveBits() {
    return new VectorAffine(TensorType.Q5_1);
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

  @Override
  WeightedTile tile() {
    return new Tile(largest);
  }

  private static final class Tile extends WeightedTile {
    /** The candidates of {@code quantize_row_q4_1_impl} and {@code quantize_row_q5_1_impl}. */
    private static final StepGrid GRID = new StepGrid(-0.9f, 0.05f, 37);

    private final int largest;
    private final LaneScaleMinSearch search;

    Tile(int largest) {
      super(LaneScaleMinSearch.TILES);
      this.largest = largest;
      this.search = new LaneScaleMinSearch(LENGTH, LaneScaleMinSearch.TILES, largest, x);
    }

    @Override
    float[] weights() {
      return search.weights;
    }

    @Override
    void search() {
      search.run(0, GRID, false);
    }

    @Override
    void finish(int block, float[] source, int from, byte[] quants, byte[] target, int at) {
      ByteLanes.putShort(target, at, F16.fromFloat(search.scale[block]));
      ByteLanes.putShort(target, at + 2, F16.fromFloat(search.min[block]));
      float min = search.bestMin[block];
      float inverse = search.bestInverse[block];
      BlockLanes.quantizeEven(source, from, LENGTH, min, inverse, 0, largest, quants);
    }
  }
}
