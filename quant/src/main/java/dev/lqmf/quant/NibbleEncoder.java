package dev.lqmf.quant;

/** Gives numbers 4-bit codes. An encoder may have scratch space, and serves one thread. */
@FunctionalInterface
public interface NibbleEncoder {
  /**
   * Encodes numbers, two to a byte, the first in the upper half.
   *
   * @param values finite; times {@code factor} they lie within the levels, or beyond by a little
   * @param offset of the first
   * @param count of numbers, even
   * @param target receives {@code count} / 2 bytes
   */
  void encode(float[] values, int offset, int count, float factor, byte[] target, int targetOffset);
}
