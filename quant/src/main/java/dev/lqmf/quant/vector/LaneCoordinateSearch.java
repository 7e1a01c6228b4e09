package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import dev.lqmf.quant.format.CoordinateSearch;
import dev.lqmf.quant.format.Rounding;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * {@link CoordinateSearch} in every lane for a block of its own, for several groups of blocks at a
 * time.
 *
 * <p>In a round each step waits for a division that waits for the step before; so all groups take a
 * step before any takes the next. Only a few blocks need another round: after each, those that
 * changed move together to the front lanes.
 */
final class LaneCoordinateSearch {
  private static final int LENGTH = 16;
  private static final int GROUP = LENGTH * COUNT;

  /** Below this all values count as zero: {@code GROUP_MAX_EPS}. */
  private static final float SMALLEST = 1e-15f;

  private static final int EXPONENT = LaneRounding.ZERO & ~Rounding.MANTISSA_MASK;

  private final int groups;
  private final int bottom;
  private final int top;
  private final float middle;

  private final float[] quants;
  private final float[] sumXL;
  private final float[] sumL2;

  /** Not 0 for the blocks that a round has changed: lane l of group g at g · COUNT + l. */
  private final float[] changes;

  // The blocks that have changed, in the same layout as all.
  private final float[] movedX;
  private final float[] movedQuants;
  private final float[] movedXL;
  private final float[] movedL2;
  private final int[] origin;

  /**
   * Creates a search.
   *
   * @param groups number of groups of {@link Lanes#COUNT} blocks
   * @param zero the quant of zero; the largest quant is 2 · zero - 1
   */
  LaneCoordinateSearch(int groups, int zero) {
    this.groups = groups;
    bottom = LaneRounding.ZERO - zero;
    top = LaneRounding.ZERO + zero - 1;
    middle = -zero;
    quants = new float[groups * GROUP];
    sumXL = new float[groups * COUNT];
    sumL2 = new float[groups * COUNT];
    changes = new float[groups * COUNT];
    movedX = new float[groups * GROUP];
    movedQuants = new float[groups * GROUP];
    movedXL = new float[groups * COUNT];
    movedL2 = new float[groups * COUNT];
    origin = new int[groups * COUNT];
  }

  /**
   * Searches.
   *
   * @param x element i of lane l in group g at (g · 16 + i) · COUNT + l
   * @param scales receives the scale of lane l in group g at g · COUNT + l
   */
  void run(float[] x, float[] scales) {
    for (int group = 0; group < groups; group++) {
      begin(x, group, scales);
    }
    round(x, quants, sumXL, sumL2, groups);
    int moved = moveAway(x);
    for (int i = 1; i < CoordinateSearch.ROUNDS && moved > 0; i++) {
      int filled = (moved + COUNT - 1) / COUNT;
      round(movedX, movedQuants, movedXL, movedL2, filled);
      moved = moveTogether(moved);
    }
    divide(scales);
  }

  /** Assigns the quants of the first guess; marks blocks of zeros by NaN for a scale. */
  private void begin(float[] x, int group, float[] scales) {
    int from = group * GROUP;
    FloatVector none = FloatVector.zero(FLOAT);
    FloatVector magic = FloatVector.broadcast(FLOAT, Rounding.MAGIC);
    IntVector high = IntVector.broadcast(INT, top);
    FloatVector max = none;
    FloatVector magnitude = none;
    for (int i = from; i < from + GROUP; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, i);
      FloatVector absolute = v.abs();
      VectorMask<Float> larger = absolute.compare(GT, magnitude);
      magnitude = magnitude.blend(absolute, larger);
      max = max.blend(v, larger);
    }
    max.intoArray(scales, group * COUNT);
    FloatVector c = FloatVector.broadcast(FLOAT, middle).div(max);
    FloatVector xl = none;
    FloatVector l2 = none;
    for (int i = from; i < from + GROUP; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, i);
      FloatVector w = v.mul(v);
      FloatVector l =
          v.mul(c).add(magic).reinterpretAsInts().min(high).reinterpretAsFloats().sub(magic);
      l.intoArray(quants, i);
      xl = xl.add(w.mul(v).mul(l));
      l2 = l2.add(w.mul(l).mul(l));
    }
    xl.intoArray(sumXL, group * COUNT);
    l2.intoArray(sumL2, group * COUNT);
  }

  /** Moves each quant once, if that is good. */
  private void round(float[] x, float[] quants, float[] sumXL, float[] sumL2, int count) {
    FloatVector none = FloatVector.zero(FLOAT);
    FloatVector magic = FloatVector.broadcast(FLOAT, Rounding.MAGIC);
    IntVector mantissa = IntVector.broadcast(INT, Rounding.MANTISSA_MASK);
    IntVector exponent = IntVector.broadcast(INT, EXPONENT);
    IntVector low = IntVector.broadcast(INT, bottom);
    IntVector high = IntVector.broadcast(INT, top);
    Arrays.fill(changes, 0, count * COUNT, 0);
    for (int i = 0; i < GROUP; i += COUNT) {
      for (int group = 0; group < count; group++) {
        int at = group * GROUP + i;
        int state = group * COUNT;
        FloatVector v = FloatVector.fromArray(FLOAT, x, at);
        FloatVector l = FloatVector.fromArray(FLOAT, quants, at);
        FloatVector allXL = FloatVector.fromArray(FLOAT, sumXL, state);
        FloatVector allL2 = FloatVector.fromArray(FLOAT, sumL2, state);
        FloatVector w = v.mul(v);
        FloatVector wx = w.mul(v);
        FloatVector xl = allXL.sub(wx.mul(l));
        FloatVector l2 = allL2.sub(w.mul(l).mul(l));
        FloatVector to =
            v.mul(l2)
                .div(xl)
                .add(magic)
                .reinterpretAsInts()
                .and(mantissa)
                .or(exponent)
                .max(low)
                .min(high)
                .reinterpretAsFloats()
                .sub(magic);
        FloatVector newXL = xl.add(wx.mul(to));
        FloatVector newL2 = l2.add(w.mul(to).mul(to));
        VectorMask<Float> better =
            newXL
                .mul(newXL)
                .mul(allL2)
                .compare(GT, allXL.mul(allXL).mul(newL2))
                .and(xl.compare(GT, none))
                .and(to.compare(NE, l))
                .and(newL2.compare(GT, none));
        l.blend(to, better).intoArray(quants, at);
        allXL.blend(newXL, better).intoArray(sumXL, state);
        allL2.blend(newL2, better).intoArray(sumL2, state);
        // A mask's bits in every step would take longer than all the rest.
        FloatVector.fromArray(FLOAT, changes, state).blend(1, better).intoArray(changes, state);
      }
    }
  }

  /** Copies the blocks that changed; returns their number. */
  private int moveAway(float[] x) {
    int moved = 0;
    for (int block = 0; block < groups * COUNT; block++) {
      if (changes[block] != 0) {
        origin[moved] = block;
        move(x, quants, block / COUNT * GROUP + block % COUNT, moved);
        movedXL[moved] = sumXL[block];
        movedL2[moved] = sumL2[block];
        moved++;
      }
    }
    return moved;
  }

  /** Gives all sums back, and moves the blocks that changed together; returns their number. */
  private int moveTogether(int count) {
    int moved = 0;
    for (int i = 0; i < count; i++) {
      sumXL[origin[i]] = movedXL[i];
      sumL2[origin[i]] = movedL2[i];
      if (changes[i] != 0) {
        origin[moved] = origin[i];
        move(movedX, movedQuants, i / COUNT * GROUP + i % COUNT, moved);
        movedXL[moved] = movedXL[i];
        movedL2[moved] = movedL2[i];
        moved++;
      }
    }
    return moved;
  }

  private void move(float[] fromX, float[] fromQuants, int from, int to) {
    int at = to / COUNT * GROUP + to % COUNT;
    for (int i = 0; i < GROUP; i += COUNT) {
      movedX[at + i] = fromX[from + i];
      movedQuants[at + i] = fromQuants[from + i];
    }
  }

  /** Replaces the largest values, which are what {@code scales} holds, by the scales. */
  private void divide(float[] scales) {
    FloatVector none = FloatVector.zero(FLOAT);
    for (int i = 0; i < groups * COUNT; i += COUNT) {
      FloatVector l2 = FloatVector.fromArray(FLOAT, sumL2, i);
      FloatVector max = FloatVector.fromArray(FLOAT, scales, i);
      FloatVector quotient = FloatVector.fromArray(FLOAT, sumXL, i).div(l2);
      none.blend(quotient, l2.compare(GT, none))
          .blend(none, max.abs().compare(LT, SMALLEST))
          .intoArray(scales, i);
    }
  }
}
