package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.lqmf.quant.format.Rounding;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * The search of {@code dev.lqmf.quant.format.SymmetricSearch} for a scale, in every lane for a
 * block of its own.
 *
 * <p>A value times a candidate's inverse scale is at most zero + 0.9, so the nearest integer comes
 * from adding and subtracting the magic number, and is limited while it stands in the low bits of
 * the sum. Two candidates share the loads of a loop.
 *
 * <p>The compiler stops inlining vector operations where a method has too many of them: what
 * belongs together is split into methods that hand over their vectors in arrays.
 */
final class LaneSymmetricSearch {
  /** Below this all values count as zero: {@code GROUP_MAX_EPS}. */
  private static final float SMALLEST = 1e-15f;

  private static final int REACH = 9;
  private static final int CANDIDATES = 2 * REACH;

  /** The first candidates, up to zero + 0.3, need no lower limit: nothing rounds below -zero. */
  private static final int INSIDE = 12;

  private final int size;
  private final int bottom;
  private final int top;
  private final float middle;
  private final float[] factors = new float[CANDIDATES];
  private final float[] weightedX;
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
   * @param zero the quant of zero; the largest quant is 2 · zero - 1
   */
  LaneSymmetricSearch(int length, int zero) {
    size = length * COUNT;
    bottom = LaneRounding.ZERO - zero;
    top = LaneRounding.ZERO + zero - 1;
    middle = -zero;
    for (int candidate = 0; candidate < CANDIDATES; candidate++) {
      int step = candidate < REACH ? candidate - REACH : candidate - REACH + 1;
      factors[candidate] = -(zero + 0.1f * step);
    }
    weightedX = new float[size];
    weights = new float[size];
  }

  /**
   * Searches.
   *
   * @param x element i of lane l at from + i · COUNT + l
   * @param scale receives the scales of the lanes, from {@code to}
   * @param inverse receives the inverse scales that gave the quants; NaN where all values count as
   *     zero, and with them all quants
   */
  void run(float[] x, int from, float[] scale, float[] inverse, int to) {
    begin(x, from, scale, inverse, to);
    tryInside(x, from, scale, inverse, to);
    tryBeyond(x, from, scale, inverse, to);
  }

  /** Tries the candidate that maps the element of largest magnitude to -zero. */
  private void begin(float[] x, int from, float[] scale, float[] inverse, int to) {
    FloatVector none = FloatVector.zero(FLOAT);
    FloatVector signed = none;
    FloatVector magnitude = none;
    for (int i = 0; i < size; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      FloatVector absolute = v.abs();
      VectorMask<Float> larger = absolute.compare(GT, magnitude);
      magnitude = magnitude.blend(absolute, larger);
      signed = signed.blend(v, larger);
      FloatVector.fromArray(FLOAT, weights, i).mul(v).intoArray(weightedX, i);
    }
    signed.intoArray(max, 0);
    FloatVector magic = FloatVector.broadcast(FLOAT, Rounding.MAGIC);
    IntVector high = IntVector.broadcast(INT, top);
    FloatVector c = FloatVector.broadcast(FLOAT, middle).div(signed);
    FloatVector xl = none;
    FloatVector l2 = none;
    for (int i = 0; i < size; i += COUNT) {
      FloatVector l = inside(FloatVector.fromArray(FLOAT, x, from + i).mul(c), magic, high);
      xl = xl.add(FloatVector.fromArray(FLOAT, weightedX, i).mul(l));
      l2 = l2.add(FloatVector.fromArray(FLOAT, weights, i).mul(l).mul(l));
    }
    FloatVector s = xl.div(l2).blend(none, l2.compare(EQ, none));
    s.intoArray(scale, to);
    s.mul(xl).intoArray(best, 0);
    c.intoArray(inverse, to);
  }

  private void tryInside(float[] x, int from, float[] scale, float[] inverse, int to) {
    FloatVector none = FloatVector.zero(FLOAT);
    FloatVector magic = FloatVector.broadcast(FLOAT, Rounding.MAGIC);
    IntVector high = IntVector.broadcast(INT, top);
    FloatVector m = FloatVector.fromArray(FLOAT, max, 0);
    FloatVector s = FloatVector.fromArray(FLOAT, scale, to);
    FloatVector b = FloatVector.fromArray(FLOAT, best, 0);
    FloatVector c = FloatVector.fromArray(FLOAT, inverse, to);
    for (int candidate = 0; candidate < INSIDE; candidate += 2) {
      FloatVector c0 = FloatVector.broadcast(FLOAT, factors[candidate]).div(m);
      FloatVector c1 = FloatVector.broadcast(FLOAT, factors[candidate + 1]).div(m);
      FloatVector xl0 = none;
      FloatVector xl1 = none;
      FloatVector l20 = none;
      FloatVector l21 = none;
      for (int i = 0; i < size; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
        FloatVector w = FloatVector.fromArray(FLOAT, weights, i);
        FloatVector wx = FloatVector.fromArray(FLOAT, weightedX, i);
        FloatVector l0 = inside(v.mul(c0), magic, high);
        FloatVector l1 = inside(v.mul(c1), magic, high);
        xl0 = xl0.add(wx.mul(l0));
        xl1 = xl1.add(wx.mul(l1));
        l20 = l20.add(w.mul(l0).mul(l0));
        l21 = l21.add(w.mul(l1).mul(l1));
      }
      VectorMask<Float> better = l20.compare(GT, none).and(xl0.mul(xl0).compare(GT, b.mul(l20)));
      s = s.blend(xl0.div(l20), better);
      b = b.blend(s.mul(xl0), better);
      c = c.blend(c0, better);
      better = l21.compare(GT, none).and(xl1.mul(xl1).compare(GT, b.mul(l21)));
      s = s.blend(xl1.div(l21), better);
      b = b.blend(s.mul(xl1), better);
      c = c.blend(c1, better);
    }
    s.intoArray(scale, to);
    b.intoArray(best, 0);
    c.intoArray(inverse, to);
  }

  private void tryBeyond(float[] x, int from, float[] scale, float[] inverse, int to) {
    FloatVector none = FloatVector.zero(FLOAT);
    FloatVector magic = FloatVector.broadcast(FLOAT, Rounding.MAGIC);
    IntVector low = IntVector.broadcast(INT, bottom);
    IntVector high = IntVector.broadcast(INT, top);
    FloatVector m = FloatVector.fromArray(FLOAT, max, 0);
    FloatVector s = FloatVector.fromArray(FLOAT, scale, to);
    FloatVector b = FloatVector.fromArray(FLOAT, best, 0);
    FloatVector c = FloatVector.fromArray(FLOAT, inverse, to);
    for (int candidate = INSIDE; candidate < CANDIDATES; candidate += 2) {
      FloatVector c0 = FloatVector.broadcast(FLOAT, factors[candidate]).div(m);
      FloatVector c1 = FloatVector.broadcast(FLOAT, factors[candidate + 1]).div(m);
      FloatVector xl0 = none;
      FloatVector xl1 = none;
      FloatVector l20 = none;
      FloatVector l21 = none;
      for (int i = 0; i < size; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
        FloatVector w = FloatVector.fromArray(FLOAT, weights, i);
        FloatVector wx = FloatVector.fromArray(FLOAT, weightedX, i);
        FloatVector l0 = within(v.mul(c0), magic, low, high);
        FloatVector l1 = within(v.mul(c1), magic, low, high);
        xl0 = xl0.add(wx.mul(l0));
        xl1 = xl1.add(wx.mul(l1));
        l20 = l20.add(w.mul(l0).mul(l0));
        l21 = l21.add(w.mul(l1).mul(l1));
      }
      VectorMask<Float> better = l20.compare(GT, none).and(xl0.mul(xl0).compare(GT, b.mul(l20)));
      s = s.blend(xl0.div(l20), better);
      b = b.blend(s.mul(xl0), better);
      c = c.blend(c0, better);
      better = l21.compare(GT, none).and(xl1.mul(xl1).compare(GT, b.mul(l21)));
      s = s.blend(xl1.div(l21), better);
      b = b.blend(s.mul(xl1), better);
      c = c.blend(c1, better);
    }
    VectorMask<Float> zeros = m.abs().compare(LT, SMALLEST);
    s.blend(none, zeros).intoArray(scale, to);
    c.blend(Float.NaN, zeros).intoArray(inverse, to);
  }

  /** The nearest integer, at most that of {@code high}. */
  private static FloatVector inside(FloatVector v, FloatVector magic, IntVector high) {
    return v.add(magic).reinterpretAsInts().min(high).reinterpretAsFloats().sub(magic);
  }

  /** The nearest integer, at least that of {@code low} and at most that of {@code high}. */
  private static FloatVector within(
      FloatVector v, FloatVector magic, IntVector low, IntVector high) {
    return v.add(magic).reinterpretAsInts().max(low).min(high).reinterpretAsFloats().sub(magic);
  }
}
