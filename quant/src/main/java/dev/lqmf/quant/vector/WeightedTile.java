package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Blocks of 32 with importance, one or more in each lane. An element's error is weighted by
 * importance · √(row's mean square + element's square).
 */
abstract class WeightedTile {
  private static final int LENGTH = NibbleBytes.LENGTH;
  private static final int SIZE = LENGTH * COUNT;

  private final int blocksPerLane;
  private final int[] starts = new int[COUNT];
  private final int[] columns = new int[COUNT];
  private final float[] means = new float[COUNT];
  private final float[] importance = new float[SIZE];

  /** Element i of block j · COUNT + l at (j · 32 + i) · COUNT + l. */
  final float[] x;

  WeightedTile(int blocksPerLane) {
    this.blocksPerLane = blocksPerLane;
    this.x = new float[blocksPerLane * SIZE];
  }

  /** Number of blocks. */
  final int blocks() {
    return blocksPerLane * COUNT;
  }

  /** Where the search expects the weights, in the order of {@link #x}. */
  abstract float[] weights();

  /** Finds the scales of all blocks. */
  abstract void search();

  /**
   * Stores a block's scales and rounds its quants.
   *
   * @param source has the block's elements from {@code from}
   * @param quants receives 32 quants and then {@link ByteLanes#PADDING} bytes
   * @param target receives the scales from {@code at}
   */
  abstract void finish(int block, float[] source, int from, byte[] quants, byte[] target, int at);

  /**
   * Loads the blocks from {@code first} on; where blocks run out, the last one fills the rest.
   *
   * @param blocks number of blocks in all rows together
   * @param meanSquares of the rows
   */
  final void load(
      float[] source,
      int sourceOffset,
      int first,
      int blocks,
      int rowLength,
      float[] columnWeights,
      float[] meanSquares) {
    for (int j = 0; j < blocksPerLane; j++) {
      for (int lane = 0; lane < COUNT; lane++) {
        int element = Math.min(first + j * COUNT + lane, blocks - 1) * LENGTH;
        starts[lane] = sourceOffset + element;
        columns[lane] = element % rowLength;
        means[lane] = meanSquares[element / rowLength];
      }
      LaneTile.load(source, starts, LENGTH, x, j * SIZE);
      LaneTile.load(columnWeights, columns, LENGTH, importance, 0);
      weigh(j * SIZE, weights());
    }
  }

  private void weigh(int from, float[] weights) {
    FloatVector mean = FloatVector.fromArray(FLOAT, means, 0);
    for (int i = 0; i < SIZE; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, from + i);
      FloatVector root = mean.add(v.mul(v)).lanewise(VectorOperators.SQRT);
      FloatVector.fromArray(FLOAT, importance, i).mul(root).intoArray(weights, from + i);
    }
  }
}
