package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.lqmf.quant.format.StepGrid;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * The search of {@code dev.lqmf.quant.format.ScaleMinSearch} for scale and minimum, in every lane
 * for a sub-block of its own: lane l works on sub-block j of super-block l.
 *
 * <p>All that outlives a step is kept in arrays: a step is one loop in one method, which the
 * compiler keeps in registers, and no vector crosses a call. {@link #TILES} sub-blocks advance
 * alternately, so that the divisions of one hide behind the sums of the other.
 */
final class LaneScaleMinSearch {
  /** Sub-blocks that advance together. */
  static final int TILES = 2;

  /** Up to here {@link LaneRounding#quant} holds. */
  private static final float ROUNDABLE = 4194303f;

  private final int length;
  private final int tileSize;
  private final int largest;
  private final float[] x;

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

  private final float[] candidate;

  /** The smaller of zero and the smallest value: where the first candidate begins. */
  private final float[] low;

  private final float[] max;
  private final float[] error;
  private final float[] inverse;
  private final float[] sumW;
  private final float[] sumX;
  private final float[] sumL;
  private final float[] sumL2;
  private final float[] sumXL;

  /**
   * Creates a search.
   *
   * @param length elements of a sub-block
   * @param subBlocks sub-blocks of a lane, a multiple of {@link #TILES}
   * @param largest quants are 0 … this
   * @param x element i of sub-block j of super-block l at ((j · length + i) · COUNT + l)
   */
  LaneScaleMinSearch(int length, int subBlocks, int largest, float[] x) {
    this.length = length;
    this.tileSize = length * COUNT;
    this.largest = largest;
    this.x = x;
    this.weights = new float[TILES * tileSize];
    this.candidate = new float[TILES * tileSize];
    int states = subBlocks * COUNT;
    this.scale = new float[states];
    this.min = new float[states];
    this.bestInverse = new float[states];
    this.bestMin = new float[states];
    this.low = new float[states];
    this.max = new float[states];
    this.error = new float[states];
    this.inverse = new float[states];
    this.sumW = new float[states];
    this.sumX = new float[states];
    this.sumL = new float[states];
    this.sumL2 = new float[states];
    this.sumXL = new float[states];
  }

  /**
   * Searches for sub-blocks {@code first} to {@code first + TILES - 1}.
   *
   * @param absolute whether errors count by their absolute value instead of their square
   */
  void run(int first, StepGrid grid, boolean absolute) {
    for (int tile = 0; tile < TILES; tile++) {
      begin(first + tile, tile);
      place(first + tile, largest, tile);
      guess(first + tile, tile, absolute);
    }
    for (int step = 0; step < grid.steps(); step++) {
      float span = grid.span(step, largest);
      for (int tile = 0; tile < TILES; tile++) {
        place(first + tile, span, tile);
      }
      for (int tile = 0; tile < TILES; tile++) {
        judge(first + tile, tile, absolute);
      }
    }
    for (int tile = 0; tile < TILES; tile++) {
      settle(first + tile);
    }
  }

  /** Minimum, maximum and the sums that do not depend on quants. */
  private void begin(int j, int tile) {
    FloatVector v = FloatVector.fromArray(FLOAT, x, j * tileSize);
    FloatVector w = FloatVector.fromArray(FLOAT, weights, tile * tileSize);
    FloatVector lowest = v;
    FloatVector highest = v;
    FloatVector totalW = w;
    FloatVector totalX = w.mul(v);
    for (int i = COUNT; i < tileSize; i += COUNT) {
      v = FloatVector.fromArray(FLOAT, x, j * tileSize + i);
      w = FloatVector.fromArray(FLOAT, weights, tile * tileSize + i);
      lowest = lowest.blend(v, v.compare(LT, lowest));
      highest = highest.blend(v, v.compare(GT, highest));
      totalW = totalW.add(w);
      totalX = totalX.add(w.mul(v));
    }
    int state = j * COUNT;
    lowest = lowest.blend(0, lowest.compare(GT, 0));
    lowest.intoArray(low, state);
    lowest.intoArray(min, state);
    highest.intoArray(max, state);
    totalW.intoArray(sumW, state);
    totalX.intoArray(sumX, state);
  }

  /** Assigns the quants that span so many steps, and sums what a regression needs. */
  private void place(int j, float span, int tile) {
    int state = j * COUNT;
    FloatVector lowest = FloatVector.fromArray(FLOAT, low, state);
    FloatVector highest = FloatVector.fromArray(FLOAT, max, state);
    FloatVector m = FloatVector.fromArray(FLOAT, min, state);
    FloatVector range = highest.sub(m);
    // A constant sub-block has no steps; it is settled in the end.
    FloatVector inv =
        FloatVector.broadcast(FLOAT, span).div(range).blend(0, highest.compare(LE, lowest));
    inv.intoArray(inverse, state);
    // Rounding is monotonic: if the extremes can be rounded, so can all.
    FloatVector bottom = inv.mul(lowest.sub(m)).lanewise(ABS);
    FloatVector top = inv.mul(range).lanewise(ABS);
    if (bottom.compare(LE, ROUNDABLE).and(top.compare(LE, ROUNDABLE)).allTrue()) {
      placeRoundable(j, tile);
    } else {
      placeAny(j, tile);
    }
  }

  private void placeRoundable(int j, int tile) {
    int state = j * COUNT;
    FloatVector m = FloatVector.fromArray(FLOAT, min, state);
    FloatVector inv = FloatVector.fromArray(FLOAT, inverse, state);
    IntVector top = IntVector.broadcast(INT, LaneRounding.ZERO + largest);
    FloatVector wl = FloatVector.zero(FLOAT);
    FloatVector wl2 = FloatVector.zero(FLOAT);
    FloatVector wxl = FloatVector.zero(FLOAT);
    for (int i = 0; i < tileSize; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, j * tileSize + i);
      FloatVector l = LaneRounding.quant(inv.mul(v.sub(m)), top);
      l.intoArray(candidate, tile * tileSize + i);
      FloatVector product = FloatVector.fromArray(FLOAT, weights, tile * tileSize + i).mul(l);
      wl = wl.add(product);
      wl2 = wl2.add(product.mul(l));
      wxl = wxl.add(product.mul(v));
    }
    wl.intoArray(sumL, state);
    wl2.intoArray(sumL2, state);
    wxl.intoArray(sumXL, state);
  }

  private void placeAny(int j, int tile) {
    int state = j * COUNT;
    FloatVector m = FloatVector.fromArray(FLOAT, min, state);
    FloatVector inv = FloatVector.fromArray(FLOAT, inverse, state);
    IntVector top = IntVector.broadcast(INT, LaneRounding.ZERO + largest);
    FloatVector wl = FloatVector.zero(FLOAT);
    FloatVector wl2 = FloatVector.zero(FLOAT);
    FloatVector wxl = FloatVector.zero(FLOAT);
    for (int i = 0; i < tileSize; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, j * tileSize + i);
      FloatVector l = LaneRounding.anyQuant(inv.mul(v.sub(m)), top);
      l.intoArray(candidate, tile * tileSize + i);
      FloatVector product = FloatVector.fromArray(FLOAT, weights, tile * tileSize + i).mul(l);
      wl = wl.add(product);
      wl2 = wl2.add(product.mul(l));
      wxl = wxl.add(product.mul(v));
    }
    wl.intoArray(sumL, state);
    wl2.intoArray(sumL2, state);
    wxl.intoArray(sumXL, state);
  }

  /** Takes the first candidate as it is. */
  private void guess(int j, int tile, boolean absolute) {
    int state = j * COUNT;
    FloatVector m = FloatVector.fromArray(FLOAT, min, state);
    FloatVector inv = FloatVector.fromArray(FLOAT, inverse, state);
    FloatVector s = FloatVector.broadcast(FLOAT, 1).div(inv);
    FloatVector sum = FloatVector.zero(FLOAT);
    for (int i = 0; i < tileSize; i += COUNT) {
      FloatVector l = FloatVector.fromArray(FLOAT, candidate, tile * tileSize + i);
      FloatVector v = FloatVector.fromArray(FLOAT, x, j * tileSize + i);
      FloatVector difference = s.mul(l).add(m).sub(v);
      FloatVector size = absolute ? difference.lanewise(ABS) : difference.mul(difference);
      sum = sum.add(FloatVector.fromArray(FLOAT, weights, tile * tileSize + i).mul(size));
    }
    sum.intoArray(error, state);
    s.intoArray(scale, state);
    inv.intoArray(bestInverse, state);
    m.intoArray(bestMin, state);
  }

  /** Finds the candidate's best scale and minimum, and takes them where they err less. */
  private void judge(int j, int tile, boolean absolute) {
    int state = j * COUNT;
    FloatVector w1 = FloatVector.fromArray(FLOAT, sumW, state);
    FloatVector wx = FloatVector.fromArray(FLOAT, sumX, state);
    FloatVector wl = FloatVector.fromArray(FLOAT, sumL, state);
    FloatVector wl2 = FloatVector.fromArray(FLOAT, sumL2, state);
    FloatVector wxl = FloatVector.fromArray(FLOAT, sumXL, state);
    FloatVector determinant = w1.mul(wl2).sub(wl.mul(wl));
    FloatVector s = w1.mul(wxl).sub(wx.mul(wl)).div(determinant);
    FloatVector m = wl2.mul(wx).sub(wl.mul(wxl)).div(determinant);
    VectorMask<Float> positive = m.compare(GT, 0);
    if (positive.anyTrue()) {
      s = s.blend(wxl.div(wl2), positive);
      m = m.blend(0, positive);
    }
    FloatVector sum = FloatVector.zero(FLOAT);
    for (int i = 0; i < tileSize; i += COUNT) {
      FloatVector l = FloatVector.fromArray(FLOAT, candidate, tile * tileSize + i);
      FloatVector v = FloatVector.fromArray(FLOAT, x, j * tileSize + i);
      FloatVector difference = s.mul(l).add(m).sub(v);
      FloatVector size = absolute ? difference.lanewise(ABS) : difference.mul(difference);
      sum = sum.add(FloatVector.fromArray(FLOAT, weights, tile * tileSize + i).mul(size));
    }
    FloatVector best = FloatVector.fromArray(FLOAT, error, state);
    VectorMask<Float> better = sum.compare(LT, best).and(determinant.compare(GT, 0));
    if (better.anyTrue()) {
      best.blend(sum, better).intoArray(error, state);
      FloatVector inv = FloatVector.fromArray(FLOAT, inverse, state);
      FloatVector oldMin = FloatVector.fromArray(FLOAT, min, state);
      FloatVector.fromArray(FLOAT, bestInverse, state)
          .blend(inv, better)
          .intoArray(bestInverse, state);
      FloatVector.fromArray(FLOAT, bestMin, state).blend(oldMin, better).intoArray(bestMin, state);
      FloatVector.fromArray(FLOAT, scale, state).blend(s, better).intoArray(scale, state);
      oldMin.blend(m, better).intoArray(min, state);
    }
  }

  /**
   * The quants that the search left to a value of sub-block j, for the blocks whose scale is too
   * small to assign them anew.
   */
  IntVector quant(int j, FloatVector value) {
    FloatVector inv = FloatVector.fromArray(FLOAT, bestInverse, j * COUNT);
    FloatVector m = FloatVector.fromArray(FLOAT, bestMin, j * COUNT);
    IntVector top = IntVector.broadcast(INT, LaneRounding.ZERO + largest);
    return LaneRounding.anyQuantBits(inv.mul(value.sub(m)), top).and(0xff);
  }

  /** Constant sub-blocks have scale zero. */
  private void settle(int j) {
    int state = j * COUNT;
    FloatVector lowest = FloatVector.fromArray(FLOAT, low, state);
    FloatVector highest = FloatVector.fromArray(FLOAT, max, state);
    FloatVector.fromArray(FLOAT, scale, state)
        .blend(0, highest.compare(LE, lowest))
        .intoArray(scale, state);
  }
}
