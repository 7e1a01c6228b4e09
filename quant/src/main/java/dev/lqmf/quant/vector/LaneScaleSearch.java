package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import dev.lqmf.quant.format.ScaleSearch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * The search of {@link ScaleSearch} for one scale of a few values, in every lane for values of its
 * own.
 */
final class LaneScaleSearch {
  private final int size;
  private final int largest;

  /**
   * Creates a search.
   *
   * @param values number of values that share a scale
   */
  LaneScaleSearch(int values, int largest) {
    this.size = values * COUNT;
    this.largest = largest;
  }

  /**
   * Searches.
   *
   * @param x value j of lane l at j · COUNT + l
   * @param weights of the values' errors, likewise
   * @param quants receives the quants as unsigned bytes, likewise
   * @param scale receives the scales of the lanes
   */
  void run(float[] x, float[] weights, int[] quants, float[] scale) {
    FloatVector max = FloatVector.zero(FLOAT);
    for (int i = 0; i < size; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, i);
      max = v.blend(max, max.compare(GT, v));
    }
    bestInverse(x, weights, max).intoArray(scale, 0);
    assign(x, weights, quants, scale);
    VectorMask<Float> zero = max.compare(LT, ScaleSearch.SMALLEST);
    FloatVector.fromArray(FLOAT, scale, 0).blend(0, zero).intoArray(scale, 0);
    if (zero.anyTrue()) {
      for (int i = 0; i < size; i += COUNT) {
        IntVector q = IntVector.fromArray(INT, quants, i);
        q.blend(0, zero.cast(INT)).intoArray(quants, i);
      }
    }
  }

  private FloatVector bestInverse(float[] x, float[] weights, FloatVector max) {
    FloatVector inverse = FloatVector.broadcast(FLOAT, largest).div(max);
    FloatVector scale = FloatVector.broadcast(FLOAT, 1).div(inverse);
    FloatVector best = FloatVector.zero(FLOAT);
    for (int i = 0; i < size; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, i);
      // The first guess alone wraps instead of being limited to the largest quant.
      FloatVector l = LaneRounding.toFloat(LaneRounding.nearest(inverse.mul(v)).and(0xff));
      FloatVector difference = v.sub(scale.mul(l));
      FloatVector w = FloatVector.fromArray(FLOAT, weights, i);
      best = best.add(w.mul(difference).mul(difference));
    }
    for (int step = -4; step <= 4; step++) {
      if (step == 0) {
        continue;
      }
      FloatVector candidate = FloatVector.broadcast(FLOAT, 0.1f * step + largest).div(max);
      scale = FloatVector.broadcast(FLOAT, 1).div(candidate);
      FloatVector error = FloatVector.zero(FLOAT);
      for (int i = 0; i < size; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, x, i);
        FloatVector l = LaneRounding.toFloat(LaneRounding.nearest(candidate.mul(v)).min(largest));
        FloatVector difference = v.sub(scale.mul(l));
        FloatVector w = FloatVector.fromArray(FLOAT, weights, i);
        error = error.add(w.mul(difference).mul(difference));
      }
      VectorMask<Float> better = error.compare(LT, best);
      best = best.blend(error, better);
      inverse = inverse.blend(candidate, better);
    }
    return inverse;
  }

  /** Assigns quants by the inverse scale found in {@code scale}, which the better one replaces. */
  private void assign(float[] x, float[] weights, int[] quants, float[] scale) {
    FloatVector inverse = FloatVector.fromArray(FLOAT, scale, 0);
    FloatVector sumXL = FloatVector.zero(FLOAT);
    FloatVector sumL2 = FloatVector.zero(FLOAT);
    for (int i = 0; i < size; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, i);
      FloatVector w = FloatVector.fromArray(FLOAT, weights, i);
      IntVector q = LaneRounding.nearest(inverse.mul(v)).min(largest);
      q.and(0xff).intoArray(quants, i);
      FloatVector l = LaneRounding.toFloat(q);
      sumXL = sumXL.add(w.mul(v).mul(l));
      sumL2 = sumL2.add(w.mul(l).mul(l));
    }
    // Moves single quants as long as the regression's quality sumXL² / sumL2 grows.
    boolean changed = true;
    for (int round = 0; round < 5 && changed; round++) {
      changed = false;
      for (int i = 0; i < size; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, x, i);
        FloatVector w = FloatVector.fromArray(FLOAT, weights, i);
        IntVector q = IntVector.fromArray(INT, quants, i);
        FloatVector l = LaneRounding.toFloat(q);
        FloatVector xl = sumXL.sub(w.mul(v).mul(l));
        FloatVector l2 = sumL2.sub(w.mul(l).mul(l));
        VectorMask<Float> positive = xl.compare(GT, 0).and(l2.compare(GT, 0));
        IntVector newQ = LaneRounding.nearest(v.mul(l2).div(xl)).min(largest);
        VectorMask<Float> moves = positive.and(newQ.compare(NE, q).cast(FLOAT));
        FloatVector newL = LaneRounding.toFloat(newQ);
        xl = xl.add(w.mul(v).mul(newL));
        l2 = l2.add(w.mul(newL).mul(newL));
        VectorMask<Float> better =
            moves.and(xl.mul(xl).mul(sumL2).compare(GT, sumXL.mul(sumXL).mul(l2)));
        if (better.anyTrue()) {
          q.blend(newQ.and(0xff), better.cast(INT)).intoArray(quants, i);
          sumXL = sumXL.blend(xl, better);
          sumL2 = sumL2.blend(l2, better);
          changed = true;
        }
      }
    }
    sumXL.div(sumL2).blend(0, sumL2.compare(GT, 0).not()).intoArray(scale, 0);
  }
}
