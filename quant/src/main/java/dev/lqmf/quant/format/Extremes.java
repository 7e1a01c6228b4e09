package dev.lqmf.quant.format;

/** Largest values of a block. */
final class Extremes {
  private Extremes() {}

  /** The largest magnitude. */
  static float absolute(float[] x, int from, int length) {
    float largest = 0;
    for (int i = from; i < from + length; i++) {
      largest = Math.max(largest, Math.abs(x[i]));
    }
    return largest;
  }

  /** The value with the largest magnitude, with its sign; the first of several. */
  static float signed(float[] x, int from, int length) {
    float largest = 0;
    for (int i = from; i < from + length; i++) {
      if (Math.abs(x[i]) > Math.abs(largest)) {
        largest = x[i];
      }
    }
    return largest;
  }

  /** The smallest value. */
  static float smallest(float[] x, int from, int length) {
    float smallest = x[from];
    for (int i = from + 1; i < from + length; i++) {
      if (x[i] < smallest) {
        smallest = x[i];
      }
    }
    return smallest;
  }

  /** The largest value. */
  static float largest(float[] x, int from, int length) {
    float largest = x[from];
    for (int i = from + 1; i < from + length; i++) {
      if (x[i] > largest) {
        largest = x[i];
      }
    }
    return largest;
  }
}
