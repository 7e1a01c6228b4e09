package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.ByteLanes.BYTES;

import dev.lqmf.quant.format.Rounding;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Steps along a block, for what does not depend on the order of its elements.
 *
 * <p>Arrays and numbers go in and out, never vectors: a method that the compiler decides not to
 * inline would have to box them, which costs a hundredfold. Where bytes are loaded or stored, the
 * array has {@link ByteLanes#PADDING} more behind them, which a store overwrites.
 */
final class BlockLanes {
  private static final int SIGN = 0x80000000;
  private static final int MAGNITUDE = 0x7fffffff;

  /** The largest float below one half. Adding one half itself would carry 0.49999997 over to 1. */
  private static final int BELOW_HALF = Float.floatToRawIntBits(Math.nextDown(0.5f));

  private BlockLanes() {}

  /** The largest magnitude. */
  static float largestMagnitude(float[] x, int from, int length) {
    // The bits of magnitudes are ordered as the magnitudes, and integers compare faster.
    IntVector largest = IntVector.zero(Lanes.INT);
    for (int i = 0; i < length; i += Lanes.COUNT) {
      IntVector bits = FloatVector.fromArray(Lanes.FLOAT, x, from + i).reinterpretAsInts();
      largest = largest.max(bits.and(MAGNITUDE));
    }
    return Float.intBitsToFloat(largest.reduceLanes(VectorOperators.MAX));
  }

  /** The value with the largest magnitude, with its sign; the first of several. */
  static float signedLargest(float[] x, int from, int length) {
    float magnitude = largestMagnitude(x, from, length);
    if (magnitude == 0) {
      return 0;
    }
    long places = 0;
    for (int i = 0; i < length; i += Lanes.COUNT) {
      FloatVector magnitudes = FloatVector.fromArray(Lanes.FLOAT, x, from + i).abs();
      places |= magnitudes.compare(VectorOperators.EQ, magnitude).toLong() << i;
    }
    return x[from + Long.numberOfTrailingZeros(places)];
  }

  /** The smallest value; the first of several zeros. */
  static float smallest(float[] x, int from, int length) {
    IntVector smallest = IntVector.broadcast(Lanes.INT, Integer.MAX_VALUE);
    for (int i = 0; i < length; i += Lanes.COUNT) {
      IntVector bits = FloatVector.fromArray(Lanes.FLOAT, x, from + i).reinterpretAsInts();
      smallest =
          smallest.min(
              bits.lanewise(VectorOperators.ASHR, 31)
                  .and(MAGNITUDE)
                  .lanewise(VectorOperators.XOR, bits));
    }
    return fromOrdered(smallest.reduceLanes(VectorOperators.MIN), x, from);
  }

  /** The largest value; the first of several zeros. */
  static float largest(float[] x, int from, int length) {
    IntVector largest = IntVector.broadcast(Lanes.INT, Integer.MIN_VALUE);
    for (int i = 0; i < length; i += Lanes.COUNT) {
      IntVector bits = FloatVector.fromArray(Lanes.FLOAT, x, from + i).reinterpretAsInts();
      largest =
          largest.max(
              bits.lanewise(VectorOperators.ASHR, 31)
                  .and(MAGNITUDE)
                  .lanewise(VectorOperators.XOR, bits));
    }
    return fromOrdered(largest.reduceLanes(VectorOperators.MAX), x, from);
  }

  /**
   * Undoes the exclusive or that made integers compare as floats do, with negative zero below zero.
   * Among zeros a comparison of floats stays with the first.
   */
  private static float fromOrdered(int ordered, float[] x, int from) {
    float value = Float.intBitsToFloat(ordered >> 31 & MAGNITUDE ^ ordered);
    if (value != 0) {
      return value;
    }
    int i = from;
    while (x[i] != 0) {
      i++;
    }
    return x[i];
  }

  /**
   * Quants that are the integer part of {@code (x - min) * inverse + shift}, at most {@code
   * largest}; NaN gives 0.
   */
  static void quantizeDown(
      float[] x,
      int from,
      int length,
      float min,
      float inverse,
      float shift,
      int largest,
      byte[] quants) {
    for (int i = 0; i < length; i += Lanes.COUNT) {
      FloatVector scaled =
          FloatVector.fromArray(Lanes.FLOAT, x, from + i).sub(min).mul(inverse).add(shift);
      IntVector q = (IntVector) scaled.convertShape(VectorOperators.F2I, Lanes.INT, 0);
      ((ByteVector) q.min(largest).convertShape(VectorOperators.I2B, BYTES, 0))
          .intoArray(quants, i);
    }
  }

  /**
   * Quants that are {@code zero} more than the integer nearest to {@code x * inverse}, halves away
   * from zero; NaN gives {@code zero}.
   */
  static void quantizeNearest(
      float[] x, int from, int length, float inverse, int zero, byte[] quants, int at) {
    for (int i = 0; i < length; i += Lanes.COUNT) {
      FloatVector scaled = FloatVector.fromArray(Lanes.FLOAT, x, from + i).mul(inverse);
      FloatVector half = scaled.reinterpretAsInts().and(SIGN).or(BELOW_HALF).reinterpretAsFloats();
      IntVector q = (IntVector) scaled.add(half).convertShape(VectorOperators.F2I, Lanes.INT, 0);
      ((ByteVector) q.add(zero).convertShape(VectorOperators.I2B, BYTES, 0))
          .intoArray(quants, at + i);
    }
  }

  /**
   * Quants that are the integer nearest to {@code (x - min) * inverse}, halves to even, from {@code
   * low} to {@code high}, less {@code low}; outside its domain as {@link Rounding#nearest}.
   */
  static void quantizeEven(
      float[] x, int from, int length, float min, float inverse, int low, int high, byte[] quants) {
    for (int i = 0; i < length; i += Lanes.COUNT) {
      FloatVector scaled = FloatVector.fromArray(Lanes.FLOAT, x, from + i).sub(min).mul(inverse);
      IntVector q =
          scaled
              .add(Rounding.MAGIC)
              .reinterpretAsInts()
              .and(Rounding.MANTISSA_MASK)
              .max(Rounding.MAGIC_MANTISSA + low)
              .min(Rounding.MAGIC_MANTISSA + high)
              .sub(Rounding.MAGIC_MANTISSA + low);
      ((ByteVector) q.convertShape(VectorOperators.I2B, BYTES, 0)).intoArray(quants, i);
    }
  }

  /** Quants of the levels nearest to {@code x * inverse}. */
  static void quantizeLevels(float[] x, int from, int length, float inverse, byte[] quants) {
    for (int i = 0; i < length; i += Lanes.COUNT) {
      IntVector q = LaneLevels.quant(FloatVector.fromArray(Lanes.FLOAT, x, from + i).mul(inverse));
      ((ByteVector) q.convertShape(VectorOperators.I2B, BYTES, 0)).intoArray(quants, i);
    }
  }

  /** Values {@code scale * (quant - zero)} of signed quants. */
  static void scale(byte[] quants, int at, int length, int zero, float scale, float[] y, int to) {
    for (int i = 0; i < length; i += Lanes.COUNT) {
      ByteVector q = ByteVector.fromArray(BYTES, quants, at + i);
      FloatVector value = (FloatVector) q.convertShape(VectorOperators.B2F, Lanes.FLOAT, 0);
      value.sub(zero).mul(scale).intoArray(y, to + i);
    }
  }

  /** Values {@code scale * quant + min} of signed quants. */
  static void scaleAndAdd(byte[] quants, int length, float scale, float min, float[] y, int to) {
    for (int i = 0; i < length; i += Lanes.COUNT) {
      ByteVector q = ByteVector.fromArray(BYTES, quants, i);
      FloatVector value = (FloatVector) q.convertShape(VectorOperators.B2F, Lanes.FLOAT, 0);
      value.mul(scale).add(min).intoArray(y, to + i);
    }
  }
}
