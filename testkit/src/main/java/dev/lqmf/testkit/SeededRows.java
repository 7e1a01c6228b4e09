package dev.lqmf.testkit;

/**
 * Rows of weights that depend on nothing but a seed: the same floats on any machine, so that a
 * fixture needs to hold only the seed and a hash. Every value comes from integers by operations
 * that IEEE 754 rounds exactly (conversion, multiplication, division, scaling by a power of two).
 */
public final class SeededRows {

  /** The kinds of weights that have broken encoders. */
  public enum Distribution {
    /** Standard normal. */
    NORMAL,
    /** A ratio of normals: no mean, a few values hundreds of times the median. */
    HEAVY_TAILED,
    /** One value per row, with either sign. */
    CONSTANT,
    /** Positive zero everywhere. */
    ZERO,
    /** Zeros, and one large value per 256. */
    OUTLIER,
    /** Subnormal floats of both signs. */
    DENORMAL,
    /** Negative zeros, alone and among normal values. */
    NEGATIVE_ZERO,
    /** Both signs, magnitudes from 2^-100 to 2^30. */
    MIXED_MAGNITUDES,
    /** Levels of a uniform grid and the midpoints between them. */
    TIES,
    /** Rows all positive or all negative. */
    ONE_SIDED,
    /** Small normals with outlying columns, rounded to bfloat16 as checkpoints store them. */
    MODEL_LIKE,
    /** Another distribution every 32 values, so that neighbouring blocks take different paths. */
    PATCHWORK
  }

  private static final int PATCH = 32;

  /** Those before it appear in a patchwork. */
  private static final int PATCHES = Distribution.PATCHWORK.ordinal();

  private SeededRows() {}

  /**
   * Rows one after the other.
   *
   * @return {@code rows * rowLength} finite values
   */
  public static float[] values(Distribution distribution, long seed, int rows, int rowLength) {
    Bits random = new Bits(seed);
    float[] values = new float[rows * rowLength];
    for (int row = 0; row < rows; row++) {
      fill(distribution, random, values, row * rowLength, rowLength);
    }
    return values;
  }

  /**
   * Weights of the columns' squared errors, as an importance matrix holds them: positive, spread
   * over three orders of magnitude, about one in sixteen zero.
   */
  public static float[] importance(long seed, int rowLength) {
    Bits random = new Bits(~seed);
    float[] weights = new float[rowLength];
    for (int i = 0; i < rowLength; i++) {
      float u = uniform(random);
      weights[i] = random.below(16) == 0 ? 0 : u * u * u * 8 + 0.001f;
    }
    return weights;
  }

  /** Bytes without any order, to be decoded: every code, scale and sign turns up. */
  public static byte[] bytes(long seed, int length) {
    Bits random = new Bits(seed);
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) random.next();
    }
    return bytes;
  }

  /**
   * Floats of any bits, infinities and NaNs among them. Half have the exponents of binary16; most
   * lie at or beside the middle between two values of some shorter mantissa.
   */
  public static float[] anyFloats(long seed, int length) {
    Bits random = new Bits(seed);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      int bits = (int) random.next();
      if (i % 2 == 0) {
        bits = bits & 0x807fffff | 100 + random.below(46) << 23;
      }
      int cut = random.below(24);
      if (cut > 0) {
        bits = (bits >>> cut << cut) + (1 << cut - 1) + random.below(3) - 1;
      }
      values[i] = Float.intBitsToFloat(bits);
    }
    return values;
  }

  private static void fill(
      Distribution distribution, Bits random, float[] values, int from, int length) {
    switch (distribution) {
      case NORMAL -> {
        for (int i = 0; i < length; i++) {
          values[from + i] = normal(random);
        }
      }
      case HEAVY_TAILED -> {
        for (int i = 0; i < length; i++) {
          float divisor = normal(random);
          values[from + i] = normal(random) / (Math.abs(divisor) < 0.001f ? 0.001f : divisor);
        }
      }
      case CONSTANT -> {
        float value = normal(random);
        for (int i = 0; i < length; i++) {
          values[from + i] = value;
        }
      }
      case ZERO -> {
        for (int i = 0; i < length; i++) {
          values[from + i] = 0;
        }
      }
      case OUTLIER -> {
        int period = Math.min(length, 256);
        int place = random.below(period);
        for (int i = 0; i < length; i++) {
          values[from + i] = i % period == place ? 100 * normal(random) : 0;
        }
      }
      case DENORMAL -> {
        for (int i = 0; i < length; i++) {
          int bits = random.below(1 << 23) >>> random.below(23);
          values[from + i] = Float.intBitsToFloat(bits | sign(random));
        }
      }
      case NEGATIVE_ZERO -> {
        int every = 1 + random.below(4);
        for (int i = 0; i < length; i++) {
          values[from + i] = every == 1 || i % every == 0 ? -0f : normal(random);
        }
      }
      case MIXED_MAGNITUDES -> {
        for (int i = 0; i < length; i++) {
          values[from + i] = Math.scalb(normal(random), random.below(131) - 100);
        }
      }
      case TIES -> {
        float halfStep = Math.scalb(1f, random.below(9) - 6);
        int reach = 4 << random.below(7);
        for (int i = 0; i < length; i++) {
          values[from + i] = halfStep * (random.below(2 * reach + 1) - reach);
        }
      }
      case ONE_SIDED -> {
        float sign = random.below(2) == 0 ? 1 : -1;
        float offset = uniform(random);
        for (int i = 0; i < length; i++) {
          values[from + i] = sign * (offset + Math.abs(normal(random)));
        }
      }
      case MODEL_LIKE -> {
        float spread = 0.01f + 0.03f * uniform(random);
        for (int i = 0; i < length; i++) {
          float column = i % 61 == 7 ? 12f : 1f;
          values[from + i] = toBfloat16(normal(random) * spread * column);
        }
      }
      case PATCHWORK -> {
        Distribution[] kinds = Distribution.values();
        for (int i = 0; i < length; i += PATCH) {
          Distribution kind = kinds[random.below(PATCHES)];
          fill(kind, random, values, from + i, Math.min(PATCH, length - i));
        }
      }
    }
  }

  /** Uniform in [0, 1), a multiple of 2^-24. */
  private static float uniform(Bits random) {
    return (random.next() >>> 40) * 0x1p-24f;
  }

  /** The sum of twelve uniforms less six: variance 1, tails cut off at six deviations. */
  private static float normal(Bits random) {
    long sum = 0;
    for (int i = 0; i < 6; i++) {
      long bits = random.next();
      sum += (int) bits;
      sum += (int) (bits >> 32);
    }
    return sum * 0x1p-32f;
  }

  private static int sign(Bits random) {
    return (int) random.next() & 0x80000000;
  }

  private static float toBfloat16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
  }

  /** SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
  private static final class Bits {
    private long state;

    Bits(long seed) {
      state = seed;
    }

    long next() {
      state += 0x9e3779b97f4a7c15L;
      long z = state;
      z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
      z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
      return z ^ z >>> 31;
    }

    /** At least 0 and below the bound, which is far below 2^32. */
    int below(int bound) {
      return (int) ((next() >>> 32) * bound >>> 32);
    }
  }
}
