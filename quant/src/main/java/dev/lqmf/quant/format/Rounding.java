package dev.lqmf.quant.format;

/** Rounding as ggml's encoders do it. */
public final class Rounding {
  /**
   * 1.5 · 2^23. In the binade that starts at 2^23 neighbouring floats are 1 apart, so adding this
   * number rounds to an integer, halves to even, and leaves the result in the low bits.
   */
  public static final float MAGIC = 12582912f;

  /** The bits of {@link #MAGIC} without its exponent: what {@code nearest(0)} subtracts. */
  public static final int MAGIC_MANTISSA = 0x00400000;

  /** The mantissa of a float. */
  public static final int MANTISSA_MASK = 0x007fffff;

  private Rounding() {}

  /**
   * The nearest integer, halves to even: {@code nearest_int} of {@code ggml-quants.c}.
   *
   * <p>Defined for |value| ≤ 2^22. Outside, where ggml asserts only in debug builds, its bits are
   * reproduced too: degenerate blocks do get there, and 0 for NaN and -2^22 for infinity decide
   * their bytes.
   */
  public static int nearest(float value) {
    return (Float.floatToRawIntBits(value + MAGIC) & MANTISSA_MASK) - MAGIC_MANTISSA;
  }

  /**
   * The nearest integer, halves away from zero: C's {@code roundf}.
   *
   * @param value its magnitude below 2^23; NaN gives 0
   */
  public static int halfAway(float value) {
    int whole = (int) value;
    float rest = value - whole;
    return rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole;
  }

  /**
   * The factor that turns weights into quants, 1 / scale; 0 for a scale of 0.
   *
   * <p>The inverse of a subnormal scale overflows. Converting infinities to integers is undefined
   * in C and gives 0 on x86 once cut to a byte. NaN gives 0 in Java, and makes every product NaN.
   */
  public static float inverse(float scale) {
    if (scale == 0) {
      return 0;
    }
    float inverse = 1 / scale;
    return Float.isInfinite(inverse) ? Float.NaN : inverse;
  }
}
