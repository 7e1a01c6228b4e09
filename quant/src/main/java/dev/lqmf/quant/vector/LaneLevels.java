package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.NE;

import dev.lqmf.quant.format.NonLinear;
import dev.lqmf.quant.format.Rounding;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * The levels of {@link NonLinear} in every lane.
 *
 * <p>Tables have an entry for each of 32 buckets, so narrow that at most one threshold lies in
 * each: a value's bucket gives a threshold, and what is nearest on either side of it. With sixteen
 * lanes two vectors hold a table; shorter vectors select among more of them.
 */
final class LaneLevels {
  private static final int BUCKETS = 32;

  /** Less than the distance of neighbouring thresholds, and wide enough for ±134. */
  private static final float WIDTH = 8.75f;

  /** Makes bucket 16 the one around zero. */
  private static final float CENTRE = Rounding.MAGIC + BUCKETS / 2;

  private static final int FIRST_BUCKET = LaneRounding.ZERO;

  private static final int[] THRESHOLDS = new int[BUCKETS];
  private static final int[] LOW_LEVELS = new int[BUCKETS];
  private static final int[] HIGH_LEVELS = new int[BUCKETS];
  private static final int[] HIGH_QUANTS = new int[BUCKETS];

  static {
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      float begin = (bucket - BUCKETS / 2 - 0.5f) * WIDTH;
      int low = NonLinear.nearest(begin);
      int high = NonLinear.nearest(begin + WIDTH);
      // Where there is no threshold every value, even an infinite one, is above it.
      float threshold = low < high ? NonLinear.threshold(low) : Float.NEGATIVE_INFINITY;
      THRESHOLDS[bucket] = Float.floatToRawIntBits(threshold);
      LOW_LEVELS[bucket] = Float.floatToRawIntBits(NonLinear.level(low));
      HIGH_LEVELS[bucket] = Float.floatToRawIntBits(NonLinear.level(high));
      HIGH_QUANTS[bucket] = high;
    }
  }

  private LaneLevels() {}

  /** The level nearest to a value between -134 and 134. */
  static FloatVector nearest(FloatVector value) {
    IntVector bucket = value.fma(1 / WIDTH, CENTRE).reinterpretAsInts();
    FloatVector low = find(LOW_LEVELS, bucket).reinterpretAsFloats();
    FloatVector high = find(HIGH_LEVELS, bucket).reinterpretAsFloats();
    return high.blend(low, value.compare(LT, find(THRESHOLDS, bucket).reinterpretAsFloats()));
  }

  /** {@link NonLinear#nearest} of any value. */
  static IntVector quant(FloatVector value) {
    IntVector bucket =
        value
            .fma(1 / WIDTH, CENTRE)
            .reinterpretAsInts()
            .max(FIRST_BUCKET)
            .min(FIRST_BUCKET + BUCKETS - 1);
    FloatVector threshold = find(THRESHOLDS, bucket).reinterpretAsFloats();
    VectorMask<Integer> lower = value.compare(LT, threshold).cast(INT);
    VectorMask<Integer> nan = value.compare(NE, value).cast(INT);
    return find(HIGH_QUANTS, bucket).sub(1, lower).blend(NonLinear.COUNT - 1, nan);
  }

  /** The table's entries for the low five bits of each lane. */
  private static IntVector find(int[] table, IntVector bucket) {
    if (COUNT == 16) {
      return find(table, 0, bucket);
    }
    if (COUNT == 8) {
      return find(table, 0, bucket).blend(find(table, 16, bucket), bit(bucket, 16));
    }
    IntVector lower = find(table, 0, bucket).blend(find(table, 8, bucket), bit(bucket, 8));
    IntVector upper = find(table, 16, bucket).blend(find(table, 24, bucket), bit(bucket, 8));
    return lower.blend(upper, bit(bucket, 16));
  }

  /** Finds in the two vectors that begin there. */
  private static IntVector find(int[] table, int from, IntVector bucket) {
    return bucket.selectFrom(
        IntVector.fromArray(INT, table, from), IntVector.fromArray(INT, table, from + COUNT));
  }

  private static VectorMask<Integer> bit(IntVector bucket, int bit) {
    return bucket.and(bit).compare(NE, 0);
  }
}
