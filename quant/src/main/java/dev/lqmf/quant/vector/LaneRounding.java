package dev.lqmf.quant.vector;

import dev.lqmf.quant.format.Rounding;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** {@link Rounding} in every lane. */
final class LaneRounding {
  /** The bits of {@link Rounding#MAGIC}. Integer q is represented by these bits plus q. */
  static final int ZERO = Float.floatToRawIntBits(Rounding.MAGIC);

  /** The bits of {@link Rounding#MAGIC} without its mantissa. */
  static final int EXPONENT = ZERO & ~Rounding.MANTISSA_MASK;

  private LaneRounding() {}

  /** {@link Rounding#nearest}, outside its domain as well. */
  static IntVector nearest(FloatVector value) {
    return value
        .add(Rounding.MAGIC)
        .reinterpretAsInts()
        .and(Rounding.MANTISSA_MASK)
        .sub(Rounding.MAGIC_MANTISSA);
  }

  /**
   * {@code clamp(nearest(value), 0, largest)} in the low byte, for any value, NaN and infinity
   * included.
   *
   * @param top {@link #ZERO} plus the largest quant
   */
  static IntVector quantBits(FloatVector value, IntVector top) {
    return value
        .add(Rounding.MAGIC)
        .reinterpretAsInts()
        .and(Rounding.MANTISSA_MASK)
        .or(EXPONENT)
        .max(ZERO)
        .min(top);
  }

  /** The integers as floats. */
  static FloatVector toFloat(IntVector values) {
    return (FloatVector) values.convertShape(VectorOperators.I2F, Lanes.FLOAT, 0);
  }
}
