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
}
