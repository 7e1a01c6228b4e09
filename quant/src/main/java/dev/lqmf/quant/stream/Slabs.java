package dev.lqmf.quant.stream;

import dev.lqmf.tensor.Shape;

/**
 * How one tensor is cut into pieces that are worked on independently.
 *
 * <p>A slab is a number of whole rows, within one matrix if importance weights differ from matrix
 * to matrix. A row longer than a slab is cut, too, at a multiple of every block size; not so if it
 * is weighted, since some formats then look at the row as a whole.
 */
final class Slabs {
  /** Every block size divides this. */
  private static final int BLOCK_MULTIPLE = 256;

  private final long rowLength;

  /** Rows that may share a slab. */
  private final long groupRows;

  private final long groups;

  /** Whole rows per slab, or 0 if a row is cut. */
  private final long rowsPerSlab;

  private final long slabsPerGroup;
  private final int pieceLength;

  /**
   * One slab.
   *
   * @param first index of its first element in the tensor
   * @param rows number of consecutive rows, or 1 for part of a row
   * @param rowLength elements per row, or of the part
   * @param matrix index of the matrix its first row belongs to
   */
  record Slab(long first, int rows, int rowLength, int matrix) {
    int elements() {
      return rows * rowLength;
    }
  }

  Slabs(TensorTask task, int maxElements) {
    if (maxElements < BLOCK_MULTIPLE) {
      throw new IllegalArgumentException("slabs of " + maxElements + " elements");
    }
    Shape shape = task.tensor().shape();
    boolean weighted = task.isWeighted();
    this.rowLength = shape.rowLength();
    this.groupRows = weighted ? shape.matrixRows() : shape.rows();
    this.groups = shape.elements() == 0 ? 0 : shape.rows() / groupRows;
    if (rowLength > maxElements && !weighted) {
      this.rowsPerSlab = 0;
      this.pieceLength = maxElements / BLOCK_MULTIPLE * BLOCK_MULTIPLE;
      this.slabsPerGroup = groupRows * Math.ceilDiv(rowLength, pieceLength);
    } else {
      // A weighted row has an array of its length beside it, so it fits into one.
      this.rowsPerSlab = rowLength == 0 ? 1 : Math.max(1, maxElements / rowLength);
      this.pieceLength = Math.toIntExact(rowLength);
      this.slabsPerGroup = Math.ceilDiv(groupRows, rowsPerSlab);
    }
  }

  long count() {
    return groups * slabsPerGroup;
  }

  /** Elements of the largest slab. */
  int maxElements() {
    return count() == 0
        ? 0
        : Math.toIntExact(pieceLength * Math.max(1, Math.min(rowsPerSlab, groupRows)));
  }

  Slab slab(long index) {
    long group = index / slabsPerGroup;
    long within = index % slabsPerGroup;
    if (rowsPerSlab == 0) {
      long pieces = slabsPerGroup / groupRows;
      long row = within / pieces;
      long column = within % pieces * pieceLength;
      int length = (int) Math.min(pieceLength, rowLength - column);
      return new Slab((group * groupRows + row) * rowLength + column, 1, length, 0);
    }
    long row = within * rowsPerSlab;
    int rows = (int) Math.min(rowsPerSlab, groupRows - row);
    return new Slab(
        (group * groupRows + row) * rowLength, rows, pieceLength, Math.toIntExact(group));
  }
}
