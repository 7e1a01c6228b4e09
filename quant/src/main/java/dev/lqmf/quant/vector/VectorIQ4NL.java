package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;

import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.IQ4NL;
import dev.lqmf.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/** {@link IQ4NL}, a block per lane; the quants are packed along a block. */
public final class VectorIQ4NL extends TiledBlocks {
  private static final int LENGTH = 32;
  private static final int BYTES = TensorType.IQ4_NL.blockBytes();
  private static final int QUANTS = 2;

  public VectorIQ4NL() {
    super(new IQ4NL());
  }

  @Override
  Encoder encoder() {
    return new Tile();
  }

  private static final class Tile implements Encoder {
    private final LaneLevelSearch search = new LaneLevelSearch(LENGTH);
    private final float[] tile = new float[LENGTH * COUNT];
    private final float[] weights = new float[LENGTH * COUNT];
    private final float[] variance = new float[COUNT];
    private final float[] weightSums = new float[COUNT];
    private final float[] scales = new float[COUNT];
    private final byte[] quants = new byte[LENGTH + ByteLanes.PADDING];

    @Override
    public void encode(
        float[] x, int[] starts, float @Nullable [] importance, int[] columns, byte[] target) {
      LaneTile.load(x, starts, LENGTH, tile);
      if (importance == null) {
        LaneWeights.squares(tile, 0, search.weights);
      } else {
        LaneTile.load(importance, columns, LENGTH, weights);
        LaneWeights.variance(tile, LENGTH, 2f / LENGTH, 1, variance);
        LaneWeights.importance(tile, 0, weights, variance, search.weights, weightSums, 0);
      }
      search.run(tile, 0, scales, 0);
      for (int lane = 0; lane < COUNT; lane++) {
        float scale = scales[lane];
        int at = lane * BYTES;
        ByteLanes.putShort(target, at, F16.fromFloat(scale));
        BlockLanes.quantizeLevels(x, starts[lane], LENGTH, scale == 0 ? 0 : 1 / scale, quants);
        NibbleBytes.pack(quants, target, at + QUANTS);
      }
    }
  }
}
