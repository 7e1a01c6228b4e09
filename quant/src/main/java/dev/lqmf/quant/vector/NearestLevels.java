package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2B;
import static jdk.incubator.vector.VectorOperators.NE;

import dev.lqmf.quant.NibbleEncoder;
import dev.lqmf.quant.format.SixteenLevels;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * {@link SixteenLevels} in every lane: a binary search among the midpoints, which are a vector. For
 * one thread.
 */
public final class NearestLevels implements NibbleEncoder {
  /** Numbers go in and out in such portions; the scalar code takes what is left. */
  private static final int CHUNK = 32;

  private static final long EVEN_BYTES = 0x00ff00ff00ff00ffL;
  private static final long EVEN_SHORTS = 0x0000ffff0000ffffL;

  private final SixteenLevels levels;
  private final byte[] scratch = new byte[CHUNK + ByteLanes.PADDING];
  private final int[] midpoints = new int[SixteenLevels.COUNT];
  private final int[] order = new int[SixteenLevels.COUNT];

  /** Tables for vectors. */
  public NearestLevels(SixteenLevels levels) {
    this.levels = levels;
    float[] floats = levels.midpoints();
    byte[] codes = levels.order();
    for (int i = 0; i < SixteenLevels.COUNT; i++) {
      midpoints[i] = Float.floatToRawIntBits(floats[i]);
      order[i] = codes[i];
    }
  }

  @Override
  public void encode(
      float[] values, int offset, int count, float factor, byte[] target, int targetOffset) {
    int whole = count - count % CHUNK;
    for (int i = 0; i < whole; i += CHUNK) {
      for (int j = 0; j < CHUNK; j += COUNT) {
        FloatVector number = FloatVector.fromArray(FLOAT, values, offset + i + j).mul(factor);
        IntVector rank = IntVector.zero(INT);
        for (int step = SixteenLevels.COUNT / 2; step > 0; step >>= 1) {
          IntVector last = rank.add(step - 1);
          FloatVector midpoint = find(midpoints, last).reinterpretAsFloats();
          rank = rank.add(step, number.compare(GT, midpoint).cast(INT));
        }
        ((ByteVector) find(order, rank).convertShape(I2B, ByteLanes.BYTES, 0))
            .intoArray(scratch, j);
      }
      for (int j = 0; j < CHUNK; j += Long.BYTES) {
        long codes = ByteLanes.getLong(scratch, j);
        long pairs = (codes << 4 | codes >>> 8) & EVEN_BYTES;
        pairs = (pairs | pairs >>> 8) & EVEN_SHORTS;
        ByteLanes.putInt(target, targetOffset + (i + j >> 1), (int) (pairs | pairs >>> 16));
      }
    }
    levels.encode(values, offset + whole, count - whole, factor, target, targetOffset + whole / 2);
  }

  /** The table's entries for the ranks, 0 to 15. */
  private static IntVector find(int[] table, IntVector rank) {
    if (COUNT == 16) {
      return rank.selectFrom(IntVector.fromArray(INT, table, 0));
    }
    if (COUNT == 8) {
      return find(table, 0, rank);
    }
    return find(table, 0, rank).blend(find(table, 8, rank), rank.and(8).compare(NE, 0));
  }

  /** Finds in the two vectors that begin there. */
  private static IntVector find(int[] table, int from, IntVector rank) {
    return rank.selectFrom(
        IntVector.fromArray(INT, table, from), IntVector.fromArray(INT, table, from + COUNT));
  }
}
