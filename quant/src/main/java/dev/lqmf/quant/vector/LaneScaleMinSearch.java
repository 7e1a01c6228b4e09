package dev.lqmf.quant.vector;

import static dev.lqmf.quant.format.Rounding.MAGIC;
import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.lqmf.quant.format.Rounding;
import dev.lqmf.quant.format.StepGrid;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * The search of {@code dev.lqmf.quant.format.ScaleMinSearch} for scale and minimum, in every lane
 * for a sub-block of its own: lane l works on sub-block j of super-block l.
 *
 * <p>The work is cut into passes, methods of one loop at most, which find what they need in arrays
 * and leave it there. No vector crosses a call: the compiler stops inlining once a method has grown
 * too large, and would then box it. For the same reason nothing is chosen between inside a loop:
 * where its work depends on something, there are two passes, both of them short. Two sub-blocks
 * advance alternately, so that one's divisions hide behind the other's sums.
 */
final class LaneScaleMinSearch {
  /** Sub-blocks that advance together. */
  static final int TILES = 2;

  // What is known of a sub-block: vectors, at these places of its state.

  /** The smaller of zero and the smallest value: where the first candidate begins. */
  private static final int LOW = 0;

  private static final int MAX = COUNT;
  private static final int SUM_W = 2 * COUNT;
  private static final int SUM_X = 3 * COUNT;

  /** The candidate's inverse scale, and the sums over its quants. */
  private static final int INVERSE = 4 * COUNT;

  private static final int SUM_L = 5 * COUNT;
  private static final int SUM_LL = 6 * COUNT;
  private static final int SUM_XL = 7 * COUNT;

  /** The scale and minimum that the candidate's quants are tried with, and how much they err. */
  private static final int TRIAL_SCALE = 8 * COUNT;

  private static final int TRIAL_MIN = 9 * COUNT;
  private static final int TRIAL_ERROR = 10 * COUNT;

  /** The best trial so far. */
  private static final int SCALE = 11 * COUNT;

  private static final int MIN = 12 * COUNT;
  private static final int ERROR = 13 * COUNT;

  /** What the best trial's quants were assigned by. */
  private static final int BEST_INVERSE = 14 * COUNT;

  private static final int BEST_MIN = 15 * COUNT;
  private static final int STATE = 16 * COUNT;

  private final int tileSize;
  private final int largest;
  private final float[] x;
  private final float[] candidate;
  private final float[] state = new float[TILES * STATE];

  /** The weights of the errors of {@link #TILES} sub-blocks, to be set before {@link #run}. */
  final float[] weights;

  /** The sub-blocks' scales: element j · COUNT + l. */
  final float[] scale;

  /** The sub-blocks' minima, as they are added. */
  final float[] min;

  /** The inverse scale that gave the quants. */
  final float[] bestInverse;

  /** The minimum that gave the quants. */
  final float[] bestMin;

  /**
   * Creates a search.
   *
   * @param length elements of a sub-block
   * @param subBlocks sub-blocks of a lane, a multiple of {@link #TILES}
   * @param largest quants are 0 … this
   * @param x element i of sub-block j of super-block l at ((j · length + i) · COUNT + l)
   */
  LaneScaleMinSearch(int length, int subBlocks, int largest, float[] x) {
    this.tileSize = length * COUNT;
    this.largest = largest;
    this.x = x;
    this.candidate = new float[TILES * tileSize];
    this.weights = new float[TILES * tileSize];
    this.scale = new float[subBlocks * COUNT];
    this.min = new float[subBlocks * COUNT];
    this.bestInverse = new float[subBlocks * COUNT];
    this.bestMin = new float[subBlocks * COUNT];
  }

  /**
   * Searches for sub-blocks {@code first} to {@code first + TILES - 1}.
   *
   * @param absolute whether errors count by their absolute value instead of their square
   */
  void run(int first, StepGrid grid, boolean absolute) {
    int from = first * tileSize;
    for (int tile = 0; tile < TILES; tile++) {
      measure(from, tile);
      assign(from, tile, largest);
      guess(tile);
    }
    judge(from, absolute);
    for (int tile = 0; tile < TILES; tile++) {
      adopt(tile);
    }
    for (int step = 0; step < grid.steps(); step++) {
      float span = grid.span(step, largest);
      for (int tile = 0; tile < TILES; tile++) {
        assign(from, tile, span);
      }
      for (int tile = 0; tile < TILES; tile++) {
        regress(tile);
      }
      judge(from, absolute);
      for (int tile = 0; tile < TILES; tile++) {
        take(tile);
      }
    }
    for (int tile = 0; tile < TILES; tile++) {
      settle(first, tile);
    }
  }

  /** Finds minimum, maximum and the sums that do not depend on quants. */
  private void measure(int from, int tile) {
    int at = tile * tileSize;
    FloatVector v = FloatVector.fromArray(FLOAT, x, from + at);
    FloatVector w = FloatVector.fromArray(FLOAT, weights, at);
    FloatVector lowest = v;
    FloatVector highest = v;
    FloatVector sumW = w;
    FloatVector sumX = w.mul(v);
    for (int i = at + COUNT; i < at + tileSize; i += COUNT) {
      v = FloatVector.fromArray(FLOAT, x, from + i);
      w = FloatVector.fromArray(FLOAT, weights, i);
      lowest = lowest.blend(v, v.compare(LT, lowest));
      highest = highest.blend(v, v.compare(GT, highest));
      sumW = sumW.add(w);
      sumX = sumX.add(w.mul(v));
    }
    lowest = lowest.blend(0, lowest.compare(GT, 0));
    int s = tile * STATE;
    lowest.intoArray(state, s + LOW);
    lowest.intoArray(state, s + MIN);
    highest.intoArray(state, s + MAX);
    sumW.intoArray(state, s + SUM_W);
    sumX.intoArray(state, s + SUM_X);
  }

  /** Assigns the quants that lay so many steps between minimum and maximum. */
  private void assign(int from, int tile, float span) {
    int s = tile * STATE;
    FloatVector lowest = FloatVector.fromArray(FLOAT, state, s + LOW);
    FloatVector highest = FloatVector.fromArray(FLOAT, state, s + MAX);
    FloatVector minimum = FloatVector.fromArray(FLOAT, state, s + MIN);
    FloatVector range = highest.sub(minimum);
    // A constant sub-block has no steps; it is settled in the end.
    FloatVector inverse =
        FloatVector.broadcast(FLOAT, span).div(range).blend(0, highest.compare(LE, lowest));
    inverse.intoArray(state, s + INVERSE);
    // Rounding is monotonic: all quants lie between those of the extremes. The minimum of a
    // regression may exceed all values; then the order is reversed.
    FloatVector bottom = inverse.mul(lowest.sub(minimum));
    FloatVector top = inverse.mul(range);
    boolean inside =
        bottom
            .compare(GE, -0.5f)
            .and(bottom.compare(LE, top))
            .and(top.compare(LT, largest + 0.5f))
            .allTrue();
    if (inside) {
      sumInside(from, tile);
    } else {
      sumLimited(from, tile);
    }
  }

  /**
   * Rounds the candidate's quants, and sums what their regression needs.
   *
   * <p>They stay in float registers: in the sum with the magic number an integer stands in the low
   * bits, and taking the number off again is exact.
   */
  private void sumInside(int from, int tile) {
    int s = tile * STATE;
    FloatVector minimum = FloatVector.fromArray(FLOAT, state, s + MIN);
    FloatVector inverse = FloatVector.fromArray(FLOAT, state, s + INVERSE);
    FloatVector sumL = FloatVector.zero(FLOAT);
    FloatVector sumLL = sumL;
    FloatVector sumXL = sumL;
    for (int i = tile * tileSize; i < (tile + 1) * tileSize; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      FloatVector l = inverse.mul(v.sub(minimum)).add(MAGIC).sub(MAGIC);
      l.intoArray(candidate, i);
      FloatVector wl = FloatVector.fromArray(FLOAT, weights, i).mul(l);
      sumL = sumL.add(wl);
      sumLL = sumLL.add(wl.mul(l));
      sumXL = sumXL.add(wl.mul(v));
    }
    sumL.intoArray(state, s + SUM_L);
    sumLL.intoArray(state, s + SUM_LL);
    sumXL.intoArray(state, s + SUM_XL);
  }

  /**
   * The same for quants some of which may lie outside 0 … largest, or even outside what can be
   * rounded: the bits of the magic sum compare as the integers do.
   */
  private void sumLimited(int from, int tile) {
    int s = tile * STATE;
    FloatVector minimum = FloatVector.fromArray(FLOAT, state, s + MIN);
    FloatVector inverse = FloatVector.fromArray(FLOAT, state, s + INVERSE);
    IntVector top = IntVector.broadcast(INT, LaneRounding.ZERO + largest);
    FloatVector sumL = FloatVector.zero(FLOAT);
    FloatVector sumLL = sumL;
    FloatVector sumXL = sumL;
    for (int i = tile * tileSize; i < (tile + 1) * tileSize; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      FloatVector l =
          inverse
              .mul(v.sub(minimum))
              .add(MAGIC)
              .reinterpretAsInts()
              .and(Rounding.MANTISSA_MASK)
              .or(LaneRounding.EXPONENT)
              .max(LaneRounding.ZERO)
              .min(top)
              .reinterpretAsFloats()
              .sub(MAGIC);
      l.intoArray(candidate, i);
      FloatVector wl = FloatVector.fromArray(FLOAT, weights, i).mul(l);
      sumL = sumL.add(wl);
      sumLL = sumLL.add(wl.mul(l));
      sumXL = sumXL.add(wl.mul(v));
    }
    sumL.intoArray(state, s + SUM_L);
    sumLL.intoArray(state, s + SUM_LL);
    sumXL.intoArray(state, s + SUM_XL);
  }

  /** Tries the first quants with the scale and minimum that gave them. */
  private void guess(int tile) {
    int s = tile * STATE;
    FloatVector.broadcast(FLOAT, 1)
        .div(FloatVector.fromArray(FLOAT, state, s + INVERSE))
        .intoArray(state, s + TRIAL_SCALE);
    FloatVector.fromArray(FLOAT, state, s + MIN).intoArray(state, s + TRIAL_MIN);
  }

  /** Finds the quants' best scale and minimum by linear regression. */
  private void regress(int tile) {
    int s = tile * STATE;
    FloatVector sumW = FloatVector.fromArray(FLOAT, state, s + SUM_W);
    FloatVector sumX = FloatVector.fromArray(FLOAT, state, s + SUM_X);
    FloatVector sumL = FloatVector.fromArray(FLOAT, state, s + SUM_L);
    FloatVector sumLL = FloatVector.fromArray(FLOAT, state, s + SUM_LL);
    FloatVector sumXL = FloatVector.fromArray(FLOAT, state, s + SUM_XL);
    FloatVector determinant = sumW.mul(sumLL).sub(sumL.mul(sumL));
    FloatVector trialScale = sumW.mul(sumXL).sub(sumX.mul(sumL)).div(determinant);
    FloatVector trialMin = sumLL.mul(sumX).sub(sumL.mul(sumXL)).div(determinant);
    VectorMask<Float> positive = trialMin.compare(GT, 0);
    if (positive.anyTrue()) {
      trialScale = trialScale.blend(sumXL.div(sumLL), positive);
      trialMin = trialMin.blend(0, positive);
    }
    // Without a solution the error shall be no number: that is never the smallest.
    FloatVector.broadcast(FLOAT, Float.NaN)
        .blend(trialScale, determinant.compare(GT, 0))
        .intoArray(state, s + TRIAL_SCALE);
    trialMin.intoArray(state, s + TRIAL_MIN);
  }

  /**
   * Sums the errors of the trials, of all tiles in one loop: each addition waits for the one
   * before.
   */
  private void judge(int from, boolean absolute) {
    if (absolute) {
      judgeByMagnitude(from);
    } else {
      judgeBySquare(from);
    }
  }

  private void judgeBySquare(int from) {
    FloatVector scale0 = FloatVector.fromArray(FLOAT, state, TRIAL_SCALE);
    FloatVector scale1 = FloatVector.fromArray(FLOAT, state, STATE + TRIAL_SCALE);
    FloatVector min0 = FloatVector.fromArray(FLOAT, state, TRIAL_MIN);
    FloatVector min1 = FloatVector.fromArray(FLOAT, state, STATE + TRIAL_MIN);
    FloatVector sum0 = FloatVector.zero(FLOAT);
    FloatVector sum1 = sum0;
    for (int i = 0; i < tileSize; i += COUNT) {
      int k = i + tileSize;
      FloatVector difference0 =
          scale0
              .mul(FloatVector.fromArray(FLOAT, candidate, i))
              .add(min0)
              .sub(FloatVector.fromArray(FLOAT, x, from + i));
      FloatVector difference1 =
          scale1
              .mul(FloatVector.fromArray(FLOAT, candidate, k))
              .add(min1)
              .sub(FloatVector.fromArray(FLOAT, x, from + k));
      sum0 = sum0.add(FloatVector.fromArray(FLOAT, weights, i).mul(difference0.mul(difference0)));
      sum1 = sum1.add(FloatVector.fromArray(FLOAT, weights, k).mul(difference1.mul(difference1)));
    }
    sum0.intoArray(state, TRIAL_ERROR);
    sum1.intoArray(state, STATE + TRIAL_ERROR);
  }

  private void judgeByMagnitude(int from) {
    FloatVector scale0 = FloatVector.fromArray(FLOAT, state, TRIAL_SCALE);
    FloatVector scale1 = FloatVector.fromArray(FLOAT, state, STATE + TRIAL_SCALE);
    FloatVector min0 = FloatVector.fromArray(FLOAT, state, TRIAL_MIN);
    FloatVector min1 = FloatVector.fromArray(FLOAT, state, STATE + TRIAL_MIN);
    FloatVector sum0 = FloatVector.zero(FLOAT);
    FloatVector sum1 = sum0;
    for (int i = 0; i < tileSize; i += COUNT) {
      int k = i + tileSize;
      FloatVector difference0 =
          scale0
              .mul(FloatVector.fromArray(FLOAT, candidate, i))
              .add(min0)
              .sub(FloatVector.fromArray(FLOAT, x, from + i));
      FloatVector difference1 =
          scale1
              .mul(FloatVector.fromArray(FLOAT, candidate, k))
              .add(min1)
              .sub(FloatVector.fromArray(FLOAT, x, from + k));
      sum0 = sum0.add(FloatVector.fromArray(FLOAT, weights, i).mul(difference0.lanewise(ABS)));
      sum1 = sum1.add(FloatVector.fromArray(FLOAT, weights, k).mul(difference1.lanewise(ABS)));
    }
    sum0.intoArray(state, TRIAL_ERROR);
    sum1.intoArray(state, STATE + TRIAL_ERROR);
  }

  /** Takes the first trial as the best so far. */
  private void adopt(int tile) {
    int s = tile * STATE;
    System.arraycopy(state, s + TRIAL_SCALE, state, s + SCALE, COUNT);
    System.arraycopy(state, s + TRIAL_ERROR, state, s + ERROR, COUNT);
    System.arraycopy(state, s + INVERSE, state, s + BEST_INVERSE, COUNT);
    System.arraycopy(state, s + MIN, state, s + BEST_MIN, COUNT);
  }

  /** Takes the trial where it errs less than the best so far. */
  private void take(int tile) {
    int s = tile * STATE;
    FloatVector trialError = FloatVector.fromArray(FLOAT, state, s + TRIAL_ERROR);
    FloatVector error = FloatVector.fromArray(FLOAT, state, s + ERROR);
    FloatVector minimum = FloatVector.fromArray(FLOAT, state, s + MIN);
    VectorMask<Float> better = trialError.compare(LT, error);
    error.blend(trialError, better).intoArray(state, s + ERROR);
    FloatVector.fromArray(FLOAT, state, s + SCALE)
        .blend(FloatVector.fromArray(FLOAT, state, s + TRIAL_SCALE), better)
        .intoArray(state, s + SCALE);
    FloatVector.fromArray(FLOAT, state, s + BEST_INVERSE)
        .blend(FloatVector.fromArray(FLOAT, state, s + INVERSE), better)
        .intoArray(state, s + BEST_INVERSE);
    FloatVector.fromArray(FLOAT, state, s + BEST_MIN)
        .blend(minimum, better)
        .intoArray(state, s + BEST_MIN);
    minimum
        .blend(FloatVector.fromArray(FLOAT, state, s + TRIAL_MIN), better)
        .intoArray(state, s + MIN);
  }

  /** Hands over what was found; a constant sub-block has scale zero. */
  private void settle(int first, int tile) {
    int s = tile * STATE;
    int to = (first + tile) * COUNT;
    VectorMask<Float> constant =
        FloatVector.fromArray(FLOAT, state, s + MAX)
            .compare(LE, FloatVector.fromArray(FLOAT, state, s + LOW));
    FloatVector.fromArray(FLOAT, state, s + SCALE).blend(0, constant).intoArray(scale, to);
    System.arraycopy(state, s + MIN, min, to, COUNT);
    System.arraycopy(state, s + BEST_INVERSE, bestInverse, to, COUNT);
    System.arraycopy(state, s + BEST_MIN, bestMin, to, COUNT);
  }

  /** The quants that the search left to values of sub-block j. */
  IntVector quant(int j, FloatVector value) {
    FloatVector inverse = FloatVector.fromArray(FLOAT, bestInverse, j * COUNT);
    FloatVector minimum = FloatVector.fromArray(FLOAT, bestMin, j * COUNT);
    IntVector top = IntVector.broadcast(INT, LaneRounding.ZERO + largest);
    return LaneRounding.quantBits(inverse.mul(value.sub(minimum)), top).and(0xff);
  }
}
