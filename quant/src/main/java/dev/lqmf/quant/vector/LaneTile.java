package dev.lqmf.quant.vector;

/**
 * Turns consecutive blocks into columns, one per lane: element {@code i} of every block lies next
 * to its neighbours' element {@code i}, so that one vector load gives each lane the next element of
 * its own block.
 */
final class LaneTile {
  private LaneTile() {}

  /**
   * Transposes {@link Lanes#COUNT} blocks: {@code tile[i * COUNT + lane] = source[offset + lane *
   * stride + i]}.
   *
   * @param stride distance between the first elements of neighbouring blocks
   * @param length elements per block
   */
  static void load(float[] source, int offset, int stride, int length, float[] tile) {
    int[] starts = new int[Lanes.COUNT];
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
    // Single floats: the processors' gather instructions are slower.
    for (int lane = 0; lane < Lanes.COUNT; lane++) {
      int start = starts[lane];
      for (int i = 0; i < length; i++) {
        tile[to + i * Lanes.COUNT + lane] = source[start + i];
      }
    }
  }
}
