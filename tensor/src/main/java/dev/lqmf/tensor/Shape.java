package dev.lqmf.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The dimensions of a tensor, outermost first, as PyTorch and safetensors write them; a matrix that
 * maps {@code in} features to {@code out} has shape {@code [out, in]}. GGUF lists the same
 * dimensions innermost first: only its reader and writer turn them around.
 */
public final class Shape {
  private static final Shape SCALAR = new Shape(new long[0]);

  private final long[] dims;
  private final long elements;

  private Shape(long[] dims) {
    long n = 1;
    for (long d : dims) {
      if (d < 0) {
        throw new IllegalArgumentException("negative dimension in " + Arrays.toString(dims));
      }
      n = Math.multiplyExact(n, d);
    }
    this.dims = dims;
    this.elements = n;
  }

  /**
   * A shape, outermost dimension first.
   *
   * @throws IllegalArgumentException if a dimension is negative
   * @throws ArithmeticException if the number of elements exceeds a long
   */
  public static Shape of(long... dims) {
    return dims.length == 0 ? SCALAR : new Shape(dims.clone());
  }

  public int rank() {
    return dims.length;
  }

  /** Dimension {@code i}, counted from the outermost. */
  public long dim(int i) {
    return dims[i];
  }

  /** The product of all dimensions; 1 for a scalar. */
  public long elements() {
    return elements;
  }

  /** The innermost dimension: elements that lie next to each other; 1 for a scalar. */
  public long rowLength() {
    return dims.length == 0 ? 1 : dims[dims.length - 1];
  }

  /** Number of rows of {@link #rowLength()}; 0 if the tensor is empty. */
  public long rows() {
    return elements == 0 ? 0 : elements / rowLength();
  }

  /** Rows of one matrix: the dimension next to the innermost; 1 for a vector or a scalar. */
  public long matrixRows() {
    return dims.length < 2 ? 1 : dims[dims.length - 2];
  }

  /** Number of matrices stacked, such as experts; 1 for a matrix, 0 if the tensor is empty. */
  public long matrices() {
    return elements == 0 ? 0 : rows() / matrixRows();
  }

  /** The dimensions, outermost first, as a new array. */
  public long[] toArray() {
    return dims.clone();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Shape s && Arrays.equals(dims, s.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** As in {@code 4096 × 14336}. */
  @Override
  public String toString() {
    return dims.length == 0
        ? "scalar"
        : LongStream.of(dims).mapToObj(Long::toString).collect(Collectors.joining(" × "));
  }
}
