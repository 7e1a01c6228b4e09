package dev.lqmf.quant.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** The largest magnitude of many floats. */
public final class Peak {
  private Peak() {}

  /**
   * The largest magnitude in a range; infinite or NaN if one of the values is not finite, 0 if the
   * range is empty.
   */
  public static float of(float[] values, int offset, int length) {
    // Without the sign, floats are in the order of their bits, with infinity and NaN on top.
    IntVector lanes = IntVector.zero(Lanes.INT);
    int end = offset + length;
    int i = offset;
    for (; i <= end - Lanes.COUNT; i += Lanes.COUNT) {
      lanes =
          lanes.max(
              FloatVector.fromArray(Lanes.FLOAT, values, i)
                  .reinterpretAsInts()
                  .and(Integer.MAX_VALUE));
    }
    int peak = lanes.reduceLanes(VectorOperators.MAX);
    for (; i < end; i++) {
      peak = Math.max(peak, Float.floatToRawIntBits(values[i]) & Integer.MAX_VALUE);
    }
    return Float.intBitsToFloat(peak);
  }
}
