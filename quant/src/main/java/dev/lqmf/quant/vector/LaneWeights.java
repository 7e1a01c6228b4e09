package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;

import jdk.incubator.vector.FloatVector;

/** Weights of squared errors, in every lane for a block of its own. */
final class LaneWeights {
  private LaneWeights() {}

  /** Sets the weights to the squares of the values that begin at {@code x[from]}. */
  static void squares(float[] x, int from, float[] weights) {
    for (int i = 0; i < weights.length; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      v.mul(v).intoArray(weights, i);
    }
  }

  /**
   * Sets {@code variance} to the factors' product with the sum of the squares of the {@code length}
   * values of each lane. Powers of two are exact factors, but the first may make an infinity.
   */
  static void variance(float[] x, int length, float first, float second, float[] variance) {
    FloatVector sum = FloatVector.zero(FLOAT);
    for (int i = 0; i < length * COUNT; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, i);
      sum = sum.add(v.mul(v));
    }
    sum.mul(first).mul(second).intoArray(variance, 0);
  }

  /**
   * Sets the weights to importance · √(variance + x²), and adds them up.
   *
   * @param from where the values and their importance begin
   * @param sums receives the sums of the lanes' weights, from {@code to}
   */
  static void importance(
      float[] x,
      int from,
      float[] importance,
      float[] variance,
      float[] weights,
      float[] sums,
      int to) {
    FloatVector mean = FloatVector.fromArray(FLOAT, variance, 0);
    FloatVector sum = FloatVector.zero(FLOAT);
    for (int i = 0; i < weights.length; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      FloatVector w =
          FloatVector.fromArray(FLOAT, importance, from + i).mul(mean.add(v.mul(v)).sqrt());
      w.intoArray(weights, i);
      sum = sum.add(w);
    }
    sum.intoArray(sums, to);
  }
}
