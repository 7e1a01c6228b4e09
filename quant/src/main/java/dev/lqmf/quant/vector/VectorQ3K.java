package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.NE;

import dev.lqmf.quant.format.CoordinateSearch;
import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.Q3K;
import dev.lqmf.quant.format.Rounding;
import dev.lqmf.quant.format.SymmetricSearch;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * {@link Q3K}, a super-block per lane. What needs no order, rounding the quants to the stored
 * scales and packing them, goes along a super-block.
 */
public final class VectorQ3K extends TiledBlocks {
  private static final int LENGTH = 256;
  private static final int SUB_BLOCK = 16;
  private static final int SUB_BLOCKS = LENGTH / SUB_BLOCK;
  private static final int ZERO = 4;
  private static final int SCALE_ZERO = 32;

  private static final int BYTES = TensorType.Q3_K.blockBytes();
  private static final int QUANTS = 32;
  private static final int SCALES = 96;
  private static final int SCALE = 108;

  public VectorQ3K() {
    super(new Q3K());
  }

  @Override
  Encoder encoder() {
    return new Tile();
  }

  private static final class Tile implements Encoder {
    private final LaneCoordinateSearch plainSearch = new LaneCoordinateSearch(SUB_BLOCKS, ZERO);
    private final CoordinateSearch scalarSearch = new CoordinateSearch(SUB_BLOCK, ZERO);
    private final LaneSymmetricSearch weightedSearch = new LaneSymmetricSearch(SUB_BLOCK, ZERO);
    private final LaneSymmetricSearch scaleSearch = new LaneSymmetricSearch(SUB_BLOCKS, SCALE_ZERO);
    private final float[] tile = new float[LENGTH * COUNT];
    private final float[] weights = new float[LENGTH * COUNT];
    private final float[] variance = new float[COUNT];
    private final float[] scales = new float[SUB_BLOCKS * COUNT];
    private final float[] inverses = new float[SUB_BLOCKS * COUNT];
    private final float[] steps = new float[SUB_BLOCKS * COUNT];
    private final float[] inverseSteps = new float[SUB_BLOCKS * COUNT];
    private final int[] codes = new int[SUB_BLOCKS * COUNT];
    private final float[] d = new float[COUNT];
    private final float[] scaleInverse = new float[COUNT];
    private final short[] halves = new short[COUNT];
    private final byte[] quants = new byte[LENGTH + ByteLanes.PADDING];
    private final int[] kept = new int[SUB_BLOCK];

    @Override
    public void encode(
        float[] x, int[] starts, float @Nullable [] importance, int[] columns, byte[] target) {
      LaneTile.load(x, starts, LENGTH, tile);
      if (importance == null) {
        plainSearch.run(tile, scales);
        quantizeScales();
      } else {
        LaneTile.load(importance, columns, LENGTH, weights);
        fitWeighted();
      }
      for (int lane = 0; lane < COUNT; lane++) {
        halves[lane] = F16.fromFloat(d[lane]);
        d[lane] = Float.float16ToFloat(halves[lane]);
      }
      findSteps();
      for (int lane = 0; lane < COUNT; lane++) {
        pack(x, starts[lane], importance != null, lane, target, lane * BYTES);
      }
    }

    private void quantizeScales() {
      FloatVector none = FloatVector.zero(FLOAT);
      FloatVector max = none;
      FloatVector magnitude = none;
      for (int j = 0; j < SUB_BLOCKS * COUNT; j += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, scales, j);
        FloatVector absolute = v.abs();
        VectorMask<Float> larger = absolute.compare(GT, magnitude);
        magnitude = magnitude.blend(absolute, larger);
        max = max.blend(v, larger);
      }
      VectorMask<Float> some = max.compare(NE, none);
      VectorMask<Integer> zeros = some.not().cast(INT);
      FloatVector inverse = FloatVector.broadcast(FLOAT, -SCALE_ZERO).div(max);
      for (int j = 0; j < SUB_BLOCKS * COUNT; j += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, scales, j);
        // A signed byte, as ggml has it before limiting it.
        IntVector code = LaneRounding.nearest(inverse.mul(v)).lanewise(LSHL, 24).lanewise(ASHR, 24);
        code.max(-SCALE_ZERO)
            .min(SCALE_ZERO - 1)
            .add(SCALE_ZERO)
            .blend(0, zeros)
            .intoArray(codes, j);
      }
      none.blend(FloatVector.broadcast(FLOAT, 1).div(inverse), some).intoArray(d, 0);
    }

    private void fitWeighted() {
      LaneWeights.variance(tile, LENGTH, 2, 1f / LENGTH, variance);
      for (int j = 0; j < SUB_BLOCKS; j++) {
        int from = j * SUB_BLOCK * COUNT;
        LaneWeights.importance(
            tile, from, weights, variance, weightedSearch.weights, scaleSearch.weights, j * COUNT);
        weightedSearch.run(tile, from, scales, inverses, j * COUNT);
      }
      scaleSearch.run(scales, 0, d, scaleInverse, 0);
      FloatVector inverse = FloatVector.fromArray(FLOAT, scaleInverse, 0);
      VectorMask<Integer> zeros = inverse.compare(NE, inverse).cast(INT);
      FloatVector difference = FloatVector.zero(FLOAT);
      for (int j = 0; j < SUB_BLOCKS * COUNT; j += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, scales, j);
        difference = difference.add(v.sub(v));
        LaneRounding.nearest(inverse.mul(v))
            .max(-SCALE_ZERO)
            .min(SCALE_ZERO - 1)
            .add(SCALE_ZERO)
            .blend(0, zeros)
            .intoArray(codes, j);
      }
      long overflown = difference.compare(NE, 0).toLong();
      for (; overflown != 0; overflown &= overflown - 1) {
        searchScale(Long.numberOfTrailingZeros(overflown));
      }
    }

    /** Scales that are not finite, because sums overflowed, are beyond the vector search. */
    private void searchScale(int lane) {
      float[] laneScales = new float[SUB_BLOCKS];
      float[] laneWeights = new float[SUB_BLOCKS];
      int[] laneCodes = new int[SUB_BLOCKS];
      for (int j = 0; j < SUB_BLOCKS; j++) {
        laneScales[j] = scales[j * COUNT + lane];
        laneWeights[j] = scaleSearch.weights[j * COUNT + lane];
      }
      d[lane] =
          new SymmetricSearch(SUB_BLOCKS, SCALE_ZERO).run(laneScales, 0, laneWeights, laneCodes);
      for (int j = 0; j < SUB_BLOCKS; j++) {
        codes[j * COUNT + lane] = laneCodes[j];
      }
    }

    private void findSteps() {
      FloatVector scale = FloatVector.fromArray(FLOAT, d, 0);
      FloatVector one = FloatVector.broadcast(FLOAT, 1);
      for (int j = 0; j < SUB_BLOCKS * COUNT; j += COUNT) {
        IntVector code = IntVector.fromArray(INT, codes, j).sub(SCALE_ZERO);
        FloatVector step = scale.mul(LaneRounding.toFloat(code));
        step.intoArray(steps, j);
        one.div(step).intoArray(inverseSteps, j);
      }
    }

    private void pack(float[] x, int from, boolean weighted, int lane, byte[] target, int at) {
      quantize(x, from, lane);
      for (int j = 0; j < SUB_BLOCKS; j++) {
        if (steps[j * COUNT + lane] == 0) {
          keepQuants(x, from, weighted, j, lane);
        }
      }
      packQuants(target, at);
      packScales(lane, target, at + SCALES);
      ByteLanes.putShort(target, at + SCALE, halves[lane]);
    }

    private void quantize(float[] x, int from, int lane) {
      IntVector mantissa = IntVector.broadcast(INT, Rounding.MANTISSA_MASK);
      IntVector bottom = IntVector.broadcast(INT, Rounding.MAGIC_MANTISSA - ZERO);
      IntVector top = IntVector.broadcast(INT, Rounding.MAGIC_MANTISSA + ZERO - 1);
      for (int i = 0; i < LENGTH; i += COUNT) {
        int state = i / SUB_BLOCK * COUNT + lane;
        FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
        IntVector q =
            Quotients.plusMagic(v, steps[state], inverseSteps[state])
                .reinterpretAsInts()
                .and(mantissa)
                .max(bottom)
                .min(top)
                .sub(bottom);
        ((ByteVector) q.convertShape(VectorOperators.I2B, ByteLanes.BYTES, 0)).intoArray(quants, i);
      }
    }

    /** A sub-block whose step vanished keeps the quants that the search found. */
    private void keepQuants(float[] x, int from, boolean weighted, int j, int lane) {
      int first = j * SUB_BLOCK;
      if (weighted) {
        float inverse = inverses[j * COUNT + lane];
        for (int i = first; i < first + SUB_BLOCK; i++) {
          int q = Math.clamp(Rounding.nearest(inverse * x[from + i]), -ZERO, ZERO - 1);
          quants[i] = (byte) (Float.isNaN(inverse) ? 0 : ZERO + q);
        }
      } else {
        scalarSearch.run(x, from + first, kept);
        for (int i = 0; i < SUB_BLOCK; i++) {
          quants[first + i] = (byte) kept[i];
        }
      }
    }

    private void packQuants(byte[] target, int at) {
      for (int i = 0; i < 32; i += SubBlocks.PACK.length()) {
        ByteVector high = ByteVector.zero(SubBlocks.PACK);
        for (int h = 0; h < 2; h++) {
          ByteVector low = ByteVector.zero(SubBlocks.PACK);
          for (int k = 3; k >= 0; k--) {
            ByteVector q = ByteVector.fromArray(SubBlocks.PACK, quants, 128 * h + 32 * k + i);
            low = low.lanewise(LSHL, 2).or(q.and((byte) 3));
          }
          low.intoArray(target, at + QUANTS + 32 * h + i);
        }
        for (int k = 7; k >= 0; k--) {
          ByteVector q = ByteVector.fromArray(SubBlocks.PACK, quants, 32 * k + i);
          high = high.lanewise(LSHL, 1).or(q.lanewise(LSHR, 2));
        }
        high.intoArray(target, at + i);
      }
    }

    private void packScales(int lane, byte[] target, int at) {
      for (int j = 0; j < 8; j++) {
        int low = codes[j * COUNT + lane] & 15 | (codes[(j + 8) * COUNT + lane] & 15) << 4;
        target[at + j] = (byte) low;
      }
      for (int j = 0; j < 4; j++) {
        int high = 0;
        for (int k = 0; k < 4; k++) {
          high |= codes[(4 * k + j) * COUNT + lane] >> 4 << 2 * k;
        }
        target[at + 8 + j] = (byte) high;
      }
    }
  }

  @Override
  public void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    byte[] block = new byte[BYTES];
    byte[] quants = new byte[LENGTH + ByteLanes.PADDING];
    float[] steps = new float[SUB_BLOCKS];
    for (int b = 0; b < elements / LENGTH; b++) {
      MemorySegment.copy(source, JAVA_BYTE, sourceOffset + (long) b * BYTES, block, 0, BYTES);
      float d = Float.float16ToFloat(ByteLanes.getShort(block, SCALE));
      for (int j = 0; j < SUB_BLOCKS; j++) {
        int low = block[SCALES + j % 8] >> j / 8 * 4 & 15;
        int high = block[SCALES + 8 + j % 4] >> j / 4 * 2 & 3;
        steps[j] = d * ((low | high << 4) - SCALE_ZERO);
      }
      unpackQuants(block, quants);
      SubBlocks.scale(quants, steps, target, targetOffset + b * LENGTH);
    }
  }

  private static void unpackQuants(byte[] block, byte[] quants) {
    for (int i = 0; i < 32; i += SubBlocks.PACK.length()) {
      ByteVector high = ByteVector.fromArray(SubBlocks.PACK, block, i);
      for (int h = 0; h < 2; h++) {
        ByteVector low = ByteVector.fromArray(SubBlocks.PACK, block, QUANTS + 32 * h + i);
        for (int k = 0; k < 4; k++) {
          low.and((byte) 3)
              .or(high.and((byte) 1).lanewise(LSHL, 2))
              .sub((byte) ZERO)
              .intoArray(quants, 128 * h + 32 * k + i);
          low = low.lanewise(LSHR, 2);
          high = high.lanewise(LSHR, 1);
        }
      }
    }
  }
}
