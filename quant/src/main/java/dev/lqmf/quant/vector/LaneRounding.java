package dev.lqmf.quant.vector;

import dev.lqmf.quant.format.Rounding;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** {@link Rounding} in every lane. */
final class LaneRounding {
  /** The bits of {@link Rounding#MAGIC}. Integer q is represented by these bits plus q. */
  static final int ZERO = Float.floatToRawIntBits(Rounding.MAGIC);

  private static final int EXPONENT = ZERO & ~Rounding.MANTISSA_MASK;

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
   * {@code clamp(nearest(value), 0, largest)} as a float, for |value| ≤ 2^22.
   *
   * <p>Never leaves the float registers: in the sum with the magic number the integer stands in the
   * low bits, so the bits compare as the integers do, and taking the number off again is exact.
   *
   * @param top {@link #ZERO} plus the largest quant
   */
  static FloatVector quant(FloatVector value, IntVector top) {
    return value
        .add(Rounding.MAGIC)
        .reinterpretAsInts()
        .max(ZERO)
        .min(top)
        .reinterpretAsFloats()
        .sub(Rounding.MAGIC);
  }

  /** As {@link #quant}, for any value, NaN and infinity included. */
  static FloatVector anyQuant(FloatVector value, IntVector top) {
    return anyQuantBits(value, top).reinterpretAsFloats().sub(Rounding.MAGIC);
  }

  /** As {@link #anyQuant}, but as an integer whose low byte is the quant. */
  static IntVector anyQuantBits(FloatVector value, IntVector top) {
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
    return (FloatVector) values.convert(VectorOperators.I2F, 0);
  }
}
