package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Several tensors, one after the other along the outermost dimension: {@link #concatenated} along
 * the one they have, {@link #stacked} along a new one. Either way the bytes follow each other.
 */
public final class JoinedWeights implements Weights {
  private final List<Weights> parts;
  private final Shape shape;

  /** Where each part begins, and at the end where the last one ends. */
  private final long[] begin;

  private JoinedWeights(List<Weights> parts, Shape shape) {
    this.parts = List.copyOf(parts);
    this.shape = shape;
    this.begin = new long[parts.size() + 1];
    for (int i = 0; i < parts.size(); i++) {
      begin[i + 1] = begin[i] + parts.get(i).byteSize();
    }
  }

  /**
   * Tensors of one shape {@code [a, b, …]} as one of {@code [n, a, b, …]}.
   *
   * @throws IllegalArgumentException if shapes or types differ
   */
  public static JoinedWeights stacked(List<? extends Weights> parts) {
    Weights first = parts.getFirst();
    for (Weights part : parts) {
      if (!part.shape().equals(first.shape()) || part.type() != first.type()) {
        throw mismatch("stack", first, part);
      }
    }
    long[] inner = first.shape().toArray();
    long[] dims = new long[inner.length + 1];
    dims[0] = parts.size();
    System.arraycopy(inner, 0, dims, 1, inner.length);
    return new JoinedWeights(List.copyOf(parts), Shape.of(dims));
  }

  /**
   * Tensors {@code [a1, b, …]}, {@code [a2, b, …]} as one of {@code [a1 + a2, b, …]}.
   *
   * @throws IllegalArgumentException if types or any but the outermost dimension differ
   */
  public static JoinedWeights concatenated(List<? extends Weights> parts) {
    Weights first = parts.getFirst();
    long[] dims = first.shape().toArray();
    long outer = 0;
    for (Weights part : parts) {
      long[] other = part.shape().toArray();
      outer += other[0];
      other[0] = dims[0];
      if (!Shape.of(other).equals(first.shape()) || part.type() != first.type()) {
        throw mismatch("concatenate", first, part);
      }
    }
    dims[0] = outer;
    return new JoinedWeights(List.copyOf(parts), Shape.of(dims));
  }

  private static IllegalArgumentException mismatch(String verb, Weights a, Weights b) {
    return new IllegalArgumentException(
        "cannot %s %s %s and %s %s".formatted(verb, a.type(), a.shape(), b.type(), b.shape()));
  }

  @Override
  public TensorType type() {
    return parts.getFirst().type();
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    long end = byteOffset + target.byteSize();
    for (int i = 0; i < parts.size(); i++) {
      long from = Math.max(byteOffset, begin[i]);
      long to = Math.min(end, begin[i + 1]);
      if (from < to) {
        parts.get(i).read(from - begin[i], target.asSlice(from - byteOffset, to - from));
      }
    }
  }
}
