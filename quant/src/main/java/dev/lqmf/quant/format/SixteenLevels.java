package dev.lqmf.quant.format;

import dev.lqmf.quant.NibbleEncoder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Sixteen levels in [-1, 1] and their 4-bit codes; a number gets the code of the nearest level, the
 * lower level if two are equally near.
 */
public final class SixteenLevels implements NibbleEncoder {
  /** Number of levels. */
  public static final int COUNT = 16;

  /** Cells per unit; no cell may hold two midpoints. */
  private static final int CELLS = 512;

  /** Codes in the order of their levels. */
  private final byte[] order = new byte[COUNT];

  /** Midpoints of neighbouring levels, ascending, and infinity. */
  private final float[] midpoints = new float[COUNT];

  /** Of each cell of numbers, how many midpoints lie in the cells below. */
  private final byte[] below = new byte[2 * CELLS + 1];

  /** The midpoint within each cell, or infinity. */
  private final float[] within = new float[2 * CELLS + 1];

  /**
   * Makes the tables.
   *
   * @param levels by their codes; of two equal levels the one with the smaller code counts as lower
   */
  public SixteenLevels(float... levels) {
    Integer[] sorted = IntStream.range(0, COUNT).boxed().toArray(Integer[]::new);
    Arrays.sort(sorted, Comparator.comparingDouble(code -> levels[code]));
    Arrays.fill(within, Float.POSITIVE_INFINITY);
    for (int i = 0; i < COUNT; i++) {
      order[i] = sorted[i].byteValue();
    }
    midpoints[COUNT - 1] = Float.POSITIVE_INFINITY;
    for (int i = 1; i < COUNT; i++) {
      float between = (levels[sorted[i - 1]] + levels[sorted[i]]) / 2;
      midpoints[i - 1] = between;
      int cell = cell(between);
      if (within[cell] != Float.POSITIVE_INFINITY) {
        throw new IllegalArgumentException("two midpoints in a cell");
      }
      within[cell] = between;
      for (int c = cell + 1; c < below.length; c++) {
        below[c]++;
      }
    }
  }

  /**
   * The code of a number in [-1, 1], or beyond by a little. Cells grow with the number, so only the
   * midpoint in the same cell needs a comparison; as the sign of a difference it costs no branch.
   */
  public int code(float number) {
    int cell = cell(number);
    return order[
        below[cell] + (Float.floatToRawIntBits(within[cell] - number) >>> Integer.SIZE - 1)];
  }

  @Override
  public void encode(
      float[] values, int offset, int count, float factor, byte[] target, int targetOffset) {
    for (int i = 0; i < count; i += 2) {
      int high = code(values[offset + i] * factor);
      int low = code(values[offset + i + 1] * factor);
      target[targetOffset + (i >> 1)] = (byte) (high << 4 | low);
    }
  }

  /** The fifteen midpoints of neighbouring levels, ascending, and infinity. */
  public float[] midpoints() {
    return midpoints.clone();
  }

  /** The codes in the order of their levels. */
  public byte[] order() {
    return order.clone();
  }

  /** Rounding may leave [-1, 1] by a little, which stays within the outer cells. */
  private static int cell(float number) {
    return (int) ((number + 1) * CELLS);
  }
}
