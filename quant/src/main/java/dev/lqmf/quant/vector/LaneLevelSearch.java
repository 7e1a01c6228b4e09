package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.lqmf.quant.format.NonLinear;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The search of {@code dev.lqmf.quant.format.LevelSearch} for a scale, in every lane for a block of
 * its own.
 */
final class LaneLevelSearch {
  /** Below this all values count as zero: {@code GROUP_MAX_EPS}. */
  private static final float SMALLEST = 1e-15f;

  private static final int REACH = 7;

  private final int size;
  private final float[] max = new float[COUNT];
  private final float[] best = new float[COUNT];

  /**
   * The weights of the errors, to be set before {@link #run}: of element i in lane l at i · COUNT +
   * l.
   */
  final float[] weights;

  /**
   * Creates a search.
   *
   * @param length elements of a block
   */
  LaneLevelSearch(int length) {
    size = length * COUNT;
    weights = new float[size];
  }

  /**
   * Searches.
   *
   * @param x element i of lane l at from + i · COUNT + l
   * @param scale receives the scales of the lanes, from {@code to}
   */
  void run(float[] x, int from, float[] scale, int to) {
    begin(x, from, scale, to);
    tryOthers(x, from, scale, to);
  }

  /** Tries the candidate that maps the element of largest magnitude past the highest level. */
  private void begin(float[] x, int from, float[] scale, int to) {
    FloatVector none = FloatVector.zero(FLOAT);
    FloatVector signed = none;
    FloatVector magnitude = none;
    for (int i = 0; i < size; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      FloatVector absolute = v.abs();
      VectorMask<Float> larger = absolute.compare(GT, magnitude);
      magnitude = magnitude.blend(absolute, larger);
      signed = signed.blend(v, larger);
    }
    signed.intoArray(max, 0);
    FloatVector lowest = FloatVector.broadcast(FLOAT, NonLinear.level(0));
    FloatVector c = FloatVector.broadcast(FLOAT, 1).div(signed.neg().div(lowest));
    FloatVector xl = none;
    FloatVector l2 = none;
    for (int i = 0; i < size; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      FloatVector level = LaneLevels.nearest(v.mul(c));
      FloatVector wl = FloatVector.fromArray(FLOAT, weights, i).mul(level);
      xl = xl.add(wl.mul(v));
      l2 = l2.add(wl.mul(level));
    }
    FloatVector s = none.blend(xl.div(l2), l2.compare(GT, none));
    s.intoArray(scale, to);
    s.mul(xl).intoArray(best, 0);
  }

  private void tryOthers(float[] x, int from, float[] scale, int to) {
    FloatVector none = FloatVector.zero(FLOAT);
    FloatVector m = FloatVector.fromArray(FLOAT, max, 0);
    FloatVector s = FloatVector.fromArray(FLOAT, scale, to);
    FloatVector b = FloatVector.fromArray(FLOAT, best, 0);
    for (int step = -REACH; step <= REACH; step++) {
      FloatVector c = FloatVector.broadcast(FLOAT, step + NonLinear.level(0)).div(m);
      FloatVector xl = none;
      FloatVector l2 = none;
      for (int i = 0; i < size; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
        FloatVector level = LaneLevels.nearest(v.mul(c));
        FloatVector wl = FloatVector.fromArray(FLOAT, weights, i).mul(level);
        xl = xl.add(wl.mul(v));
        l2 = l2.add(wl.mul(level));
      }
      VectorMask<Float> better = l2.compare(GT, none).and(xl.mul(xl).compare(GT, b.mul(l2)));
      s = s.blend(xl.div(l2), better);
      b = b.blend(s.mul(xl), better);
    }
    s.blend(none, m.abs().compare(LT, SMALLEST)).intoArray(scale, to);
  }
}
