package dev.lqmf.torch;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Hidden states of a batch of sequences of one length. Kept in several tensors, so that a pass over
 * many sequences needs little memory beyond them. Closed by whoever got it.
 */
public final class Activations implements AutoCloseable {
  private final List<Tensor> parts;
  private final int length;
  private final int width;
  private boolean closed;

  /**
   * Takes tensors over.
   *
   * @param parts each {@code [sequences, length, width]}
   */
  Activations(List<Tensor> parts, int length, int width) {
    this.parts = List.copyOf(parts);
    this.length = length;
    this.width = width;
  }

  /** Each {@code [sequences, length, width]}, in order; freed when this is closed. */
  public List<Tensor> parts() {
    return parts;
  }

  /** Positions of all sequences together. */
  public int rows() {
    return Math.toIntExact(parts.stream().mapToLong(p -> p.size(0) * length).sum());
  }

  /** Positions of one sequence. */
  public int length() {
    return length;
  }

  /** Elements of a hidden state. */
  public int width() {
    return width;
  }

  /**
   * Some positions, counted over all sequences; belongs to the enclosing scope.
   *
   * @return {@code [count, width]}
   */
  Tensor rows(int first, int count) {
    java.util.Objects.checkFromIndexSize(first, count, rows());
    List<Tensor> found = new java.util.ArrayList<>();
    int begin = 0;
    for (Tensor part : parts) {
      int size = Math.toIntExact(part.size(0) * length);
      int from = Math.max(first, begin) - begin;
      int to = Math.min(first + count, begin + size) - begin;
      if (from < to) {
        found.add(part.view(size, width).narrow(0, from, to - from));
      }
      begin += size;
    }
    return found.size() == 1 ? found.getFirst() : LibTorch.concat(0, found.toArray(Tensor[]::new));
  }

  /** All of them as {@code [rows][width]}, for tests and small batches. */
  public float[][] toArrays() {
    try (PointerScope _ = new PointerScope()) {
      return Floats.matrix(rows(0, rows()));
    }
  }

  /** Frees the tensors; a second time does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      parts.forEach(Tensor::close);
    }
  }
}
