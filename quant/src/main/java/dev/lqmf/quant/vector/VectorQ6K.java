package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.Q6K;
import dev.lqmf.quant.format.Rounding;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * {@link Q6K}, a super-block per lane. What needs no order, rounding the quants to the stored
 * scales and packing them, goes along a super-block.
 */
public final class VectorQ6K extends TiledBlocks {
  private static final int LENGTH = 256;
  private static final int SUB_BLOCK = 16;
  private static final int SUB_BLOCKS = LENGTH / SUB_BLOCK;
  private static final int ZERO = 32;

  private static final int BYTES = TensorType.Q6_K.blockBytes();
  private static final int HIGH_BITS = 128;
  private static final int SCALES = 192;
  private static final int SCALE = 208;

  /** Below this a super-block's scales count as zero: {@code GROUP_MAX_EPS}. */
  private static final float SMALLEST = 1e-15f;

  public VectorQ6K() {
    super(new Q6K());
  }

  @Override
  Encoder encoder() {
    return new Tile();
  }

  private static final class Tile implements Encoder {
    private final LaneSymmetricSearch search = new LaneSymmetricSearch(SUB_BLOCK, ZERO);
    private final float[] tile = new float[LENGTH * COUNT];
    private final float[] weights = new float[LENGTH * COUNT];
    private final float[] scales = new float[SUB_BLOCKS * COUNT];
    private final float[] inverses = new float[SUB_BLOCKS * COUNT];
    private final float[] steps = new float[SUB_BLOCKS * COUNT];
    private final float[] inverseSteps = new float[SUB_BLOCKS * COUNT];
    private final int[] codes = new int[SUB_BLOCKS * COUNT];
    private final float[] max = new float[COUNT];
    private final float[] d = new float[COUNT];
    private final short[] halves = new short[COUNT];
    private final byte[] quants = new byte[LENGTH + ByteLanes.PADDING];

    @Override
    public void encode(
        float[] x, int[] starts, float @Nullable [] importance, int[] columns, byte[] target) {
      LaneTile.load(x, starts, LENGTH, tile);
      if (importance != null) {
        LaneTile.load(importance, columns, LENGTH, weights);
      }
      for (int j = 0; j < SUB_BLOCKS; j++) {
        int from = j * SUB_BLOCK * COUNT;
        if (importance == null) {
          LaneWeights.squares(tile, from, search.weights);
        } else {
          System.arraycopy(weights, from, search.weights, 0, SUB_BLOCK * COUNT);
        }
        search.run(tile, from, scales, inverses, j * COUNT);
      }
      findMax();
      for (int lane = 0; lane < COUNT; lane++) {
        halves[lane] = F16.fromFloat(1 / (-128 / max[lane]));
        d[lane] = Float.float16ToFloat(halves[lane]);
      }
      quantizeScales();
      for (int lane = 0; lane < COUNT; lane++) {
        pack(x, starts[lane], lane, target, lane * BYTES);
      }
    }

    /** The scale of largest magnitude, 0 if it counts as zero. */
    private void findMax() {
      FloatVector signed = FloatVector.zero(FLOAT);
      FloatVector magnitude = FloatVector.zero(FLOAT);
      for (int j = 0; j < SUB_BLOCKS * COUNT; j += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, scales, j);
        FloatVector absolute = v.abs();
        VectorMask<Float> larger = absolute.compare(GT, magnitude);
        magnitude = magnitude.blend(absolute, larger);
        signed = signed.blend(v, larger);
      }
      signed.blend(0, magnitude.compare(LT, SMALLEST)).intoArray(max, 0);
    }

    private void quantizeScales() {
      FloatVector inverse =
          FloatVector.broadcast(FLOAT, -128).div(FloatVector.fromArray(FLOAT, max, 0));
      FloatVector scale = FloatVector.fromArray(FLOAT, d, 0);
      FloatVector one = FloatVector.broadcast(FLOAT, 1);
      for (int j = 0; j < SUB_BLOCKS * COUNT; j += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, scales, j);
        IntVector code = LaneRounding.nearest(inverse.mul(v)).min(127);
        code.intoArray(codes, j);
        FloatVector step = scale.mul(LaneRounding.toFloat(code));
        step.intoArray(steps, j);
        one.div(step).intoArray(inverseSteps, j);
      }
    }

    private void pack(float[] x, int from, int lane, byte[] target, int at) {
      if (max[lane] == 0) {
        Arrays.fill(target, at, at + BYTES, (byte) 0);
        return;
      }
      quantize(x, from, lane);
      for (int j = 0; j < SUB_BLOCKS; j++) {
        target[at + SCALES + j] = (byte) codes[j * COUNT + lane];
        if (steps[j * COUNT + lane] == 0) {
          keepQuants(x, from, j, inverses[j * COUNT + lane]);
        }
      }
      packQuants(target, at);
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
    private void keepQuants(float[] x, int from, int j, float inverse) {
      for (int i = j * SUB_BLOCK; i < (j + 1) * SUB_BLOCK; i++) {
        int q = Math.clamp(Rounding.nearest(inverse * x[from + i]), -ZERO, ZERO - 1);
        quants[i] = (byte) (Float.isNaN(inverse) ? 0 : ZERO + q);
      }
    }

    private void packQuants(byte[] target, int at) {
      for (int h = 0; h < 2; h++) {
        for (int i = 0; i < 32; i += SubBlocks.PACK.length()) {
          int first = 128 * h + i;
          ByteVector q0 = ByteVector.fromArray(SubBlocks.PACK, quants, first);
          ByteVector q1 = ByteVector.fromArray(SubBlocks.PACK, quants, first + 32);
          ByteVector q2 = ByteVector.fromArray(SubBlocks.PACK, quants, first + 64);
          ByteVector q3 = ByteVector.fromArray(SubBlocks.PACK, quants, first + 96);
          q0.and((byte) 15).or(q2.lanewise(LSHL, 4)).intoArray(target, at + 64 * h + i);
          q1.and((byte) 15).or(q3.lanewise(LSHL, 4)).intoArray(target, at + 64 * h + 32 + i);
          q0.lanewise(LSHR, 4)
              .or(q1.and((byte) 0x30).lanewise(LSHR, 2))
              .or(q2.and((byte) 0x30))
              .or(q3.and((byte) 0x30).lanewise(LSHL, 2))
              .intoArray(target, at + HIGH_BITS + 32 * h + i);
        }
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
        steps[j] = d * block[SCALES + j];
      }
      unpackQuants(block, quants);
      SubBlocks.scale(quants, steps, target, targetOffset + b * LENGTH);
    }
  }

  private static void unpackQuants(byte[] block, byte[] quants) {
    for (int h = 0; h < 2; h++) {
      for (int i = 0; i < 32; i += SubBlocks.PACK.length()) {
        int first = 128 * h + i;
        ByteVector low0 = ByteVector.fromArray(SubBlocks.PACK, block, 64 * h + i);
        ByteVector low1 = ByteVector.fromArray(SubBlocks.PACK, block, 64 * h + 32 + i);
        ByteVector high = ByteVector.fromArray(SubBlocks.PACK, block, HIGH_BITS + 32 * h + i);
        unpack(low0.and((byte) 15), high.and((byte) 3).lanewise(LSHL, 4), quants, first);
        unpack(low1.and((byte) 15), high.and((byte) 12).lanewise(LSHL, 2), quants, first + 32);
        unpack(low0.lanewise(LSHR, 4), high.and((byte) 0x30), quants, first + 64);
        unpack(low1.lanewise(LSHR, 4), high.lanewise(LSHR, 2).and((byte) 0x30), quants, first + 96);
      }
    }
  }

  private static void unpack(ByteVector low, ByteVector high, byte[] quants, int at) {
    low.or(high).sub((byte) ZERO).intoArray(quants, at);
  }
}
