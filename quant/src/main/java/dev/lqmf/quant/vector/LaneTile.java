package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Turns consecutive blocks into columns, one per lane: element {@code i} of every block lies next
 * to its neighbours' element {@code i}, so that one vector load gives each lane the next element of
 * its own block.
 */
final class LaneTile {
  /**
   * Whether the processor selects from two vectors in one instruction, as those with vectors of 512
   * bits do.
   */
  private static final boolean SELECTS = COUNT == 16;

  private static final IntVector[] LOW = choices(false);
  private static final IntVector[] HIGH = choices(true);

  private LaneTile() {}

  /**
   * Transposes {@link Lanes#COUNT} blocks: {@code tile[i * COUNT + lane] = source[offset + lane *
   * stride + i]}.
   *
   * @param stride distance between the first elements of neighbouring blocks
   * @param length elements per block
   */
  static void load(float[] source, int offset, int stride, int length, float[] tile) {
    int[] starts = new int[COUNT];
    for (int lane = 0; lane < starts.length; lane++) {
      starts[lane] = offset + lane * stride;
    }
    load(source, starts, length, tile);
  }

  /**
   * Transposes {@link Lanes#COUNT} blocks: {@code tile[i * COUNT + lane] = source[starts[lane] +
   * i]}.
   *
   * @param starts the first elements of the blocks
   * @param length elements per block
   */
  static void load(float[] source, int[] starts, int length, float[] tile) {
    load(source, starts, length, tile, 0);
  }

  /** As {@link #load(float[], int[], int, float[])}, to the part of the tile from {@code to}. */
  static void load(float[] source, int[] starts, int length, float[] tile, int to) {
    if (SELECTS && length % COUNT == 0) {
      for (int i = 0; i < length; i += COUNT) {
        exchangeOnes(source, starts, i, tile, to + i * COUNT);
      }
      for (int distance = 2; distance < COUNT; distance *= 2) {
        exchange(tile, to, length, distance);
      }
      return;
    }
    // Single floats: the processors' gather instructions are slower.
    for (int lane = 0; lane < COUNT; lane++) {
      int start = starts[lane];
      for (int i = 0; i < length; i++) {
        tile[to + i * COUNT + lane] = source[start + i];
      }
    }
  }

  /**
   * The first step of the exchange of rows for columns, in squares of as many as there are lanes:
   * of each pair of rows, every second element changes places with the other row's.
   */
  private static void exchangeOnes(float[] source, int[] starts, int from, float[] tile, int to) {
    IntVector low = LOW[0];
    IntVector high = HIGH[0];
    for (int row = 0; row < COUNT; row += 2) {
      IntVector a = FloatVector.fromArray(FLOAT, source, starts[row] + from).reinterpretAsInts();
      IntVector b =
          FloatVector.fromArray(FLOAT, source, starts[row + 1] + from).reinterpretAsInts();
      low.selectFrom(a, b).reinterpretAsFloats().intoArray(tile, to + row * COUNT);
      high.selectFrom(a, b).reinterpretAsFloats().intoArray(tile, to + (row + 1) * COUNT);
    }
  }

  /** The other steps: pairs, groups of four and so on change places with those so far away. */
  private static void exchange(float[] tile, int to, int length, int distance) {
    int step = Integer.numberOfTrailingZeros(distance);
    IntVector low = LOW[step];
    IntVector high = HIGH[step];
    for (int pair = 0; pair < length / 2; pair++) {
      int row = (pair & -distance) << 1 | pair & (distance - 1);
      int i = to + row * COUNT;
      int k = i + distance * COUNT;
      IntVector a = FloatVector.fromArray(FLOAT, tile, i).reinterpretAsInts();
      IntVector b = FloatVector.fromArray(FLOAT, tile, k).reinterpretAsInts();
      low.selectFrom(a, b).reinterpretAsFloats().intoArray(tile, i);
      high.selectFrom(a, b).reinterpretAsFloats().intoArray(tile, k);
    }
  }

  /** Which elements of two rows, one behind the other, a row has after a step. */
  private static IntVector[] choices(boolean upper) {
    IntVector[] choices = new IntVector[Integer.numberOfTrailingZeros(COUNT)];
    for (int step = 0; step < choices.length; step++) {
      int distance = 1 << step;
      int[] choice = new int[COUNT];
      for (int lane = 0; lane < COUNT; lane++) {
        boolean second = (lane & distance) != 0;
        choice[lane] =
            upper ? lane + (second ? COUNT : distance) : lane + (second ? COUNT - distance : 0);
      }
      choices[step] = IntVector.fromArray(INT, choice, 0);
    }
    return choices;
  }
}
