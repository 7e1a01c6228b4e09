package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;

import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.IQ4XS;
import dev.lqmf.tensor.TensorType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/** {@link IQ4XS}, a super-block per lane; the quants are packed along a super-block. */
public final class VectorIQ4XS extends TiledBlocks {
  private static final int LENGTH = 256;
  private static final int SUB_BLOCK = 32;
  private static final int SUB_BLOCKS = LENGTH / SUB_BLOCK;
  private static final int SCALE_ZERO = 32;

  private static final int BYTES = TensorType.IQ4_XS.blockBytes();
  private static final int HIGH_BITS = 2;
  private static final int LOW_BITS = 4;
  private static final int QUANTS = 8;

  public VectorIQ4XS() {
    super(new IQ4XS());
  }

  @Override
  Encoder encoder() {
    return new Tile();
  }

  private static final class Tile implements Encoder {
    private final LaneLevelSearch search = new LaneLevelSearch(SUB_BLOCK);
    private final float[] tile = new float[LENGTH * COUNT];
    private final float[] weights = new float[LENGTH * COUNT];
    private final float[] variance = new float[COUNT];
    private final float[] weightSums = new float[COUNT];
    private final float[] scales = new float[SUB_BLOCKS * COUNT];
    private final float[] inverses = new float[SUB_BLOCKS * COUNT];
    private final int[] codes = new int[SUB_BLOCKS * COUNT];
    private final float[] d = new float[COUNT];
    private final byte[] quants = new byte[SUB_BLOCK + ByteLanes.PADDING];

    @Override
    public void encode(
        float[] x, int[] starts, float @Nullable [] importance, int[] columns, byte[] target) {
      LaneTile.load(x, starts, LENGTH, tile);
      if (importance != null) {
        LaneTile.load(importance, columns, LENGTH, weights);
        LaneWeights.variance(tile, LENGTH, 2f / LENGTH, 1, variance);
      }
      for (int j = 0; j < SUB_BLOCKS; j++) {
        int from = j * SUB_BLOCK * COUNT;
        if (importance == null) {
          LaneWeights.squares(tile, from, search.weights);
        } else {
          LaneWeights.importance(tile, from, weights, variance, search.weights, weightSums, 0);
        }
        search.run(tile, from, scales, j * COUNT);
      }
      quantizeScales();
      for (int lane = 0; lane < COUNT; lane++) {
        pack(x, starts[lane], lane, target, lane * BYTES);
      }
    }

    private void quantizeScales() {
      FloatVector none = FloatVector.zero(FLOAT);
      FloatVector one = FloatVector.broadcast(FLOAT, 1);
      FloatVector max = none;
      FloatVector magnitude = none;
      for (int j = 0; j < SUB_BLOCKS * COUNT; j += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, scales, j);
        FloatVector absolute = v.abs();
        VectorMask<Float> larger = absolute.compare(GT, magnitude);
        magnitude = magnitude.blend(absolute, larger);
        max = max.blend(v, larger);
      }
      FloatVector scale = max.neg().div(SCALE_ZERO);
      FloatVector inverse = one.div(scale).blend(none, scale.compare(EQ, none));
      for (int j = 0; j < SUB_BLOCKS * COUNT; j += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, scales, j);
        IntVector code = LaneRounding.nearest(inverse.mul(v)).max(-SCALE_ZERO).min(SCALE_ZERO - 1);
        FloatVector step = scale.mul(LaneRounding.toFloat(code));
        one.div(step).blend(none, step.compare(EQ, none)).intoArray(inverses, j);
        code.add(SCALE_ZERO).intoArray(codes, j);
      }
      scale.intoArray(d, 0);
    }

    private void pack(float[] x, int from, int lane, byte[] target, int at) {
      int low = 0;
      int high = 0;
      for (int j = 0; j < SUB_BLOCKS; j++) {
        int code = codes[j * COUNT + lane];
        low |= (code & 15) << 4 * j;
        high |= code >> 4 << 2 * j;
        int start = j * SUB_BLOCK;
        BlockLanes.quantizeLevels(x, from + start, SUB_BLOCK, inverses[j * COUNT + lane], quants);
        NibbleBytes.pack(quants, target, at + QUANTS + start / 2);
      }
      ByteLanes.putShort(target, at, F16.fromFloat(d[lane]));
      ByteLanes.putShort(target, at + HIGH_BITS, (short) high);
      ByteLanes.putInt(target, at + LOW_BITS, low);
    }
  }
}
