package dev.lqmf.quant.vector;

import static jdk.incubator.vector.VectorOperators.LT;

import dev.lqmf.quant.format.Rounding;
import jdk.incubator.vector.FloatVector;

/** Rounding x / step to integers without dividing, which takes as long as ten other operations. */
final class Quotients {
  /**
   * The quotients' distance to an integer up to which the product with the rounded inverse has the
   * same nearest integer. The product is off by less than 2^-22 of a quotient, so below 2^-16 for
   * quotients up to 64; larger ones are limited anyway.
   */
  private static final float SAFE = 0.5f - 0x1p-16f;

  private Quotients() {}

  /**
   * Gives {@code x / step + Rounding.MAGIC} in so far as it decides the nearest integer of the
   * quotient, for quotients that will be limited to less than ±64.
   *
   * @param x its quotients, if finite, below 2^22
   * @param inverse 1 / step
   */
  static FloatVector plusMagic(FloatVector x, float step, float inverse) {
    FloatVector product = x.mul(inverse);
    FloatVector sum = product.add(Rounding.MAGIC);
    FloatVector distance = product.sub(sum.sub(Rounding.MAGIC)).abs();
    // Not so for NaN, which a step of zero or infinity may give.
    if (distance.compare(LT, SAFE).allTrue()) {
      return sum;
    }
    return x.div(step).add(Rounding.MAGIC);
  }
}
