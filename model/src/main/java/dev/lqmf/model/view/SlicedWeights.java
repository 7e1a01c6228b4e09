package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Some consecutive indices of the outermost dimension. */
public final class SlicedWeights implements Weights {
  private final Weights source;
  private final Shape shape;
  private final long begin;

  /**
   * @param first the first index taken
   * @param count how many are taken
   */
  public SlicedWeights(Weights source, long first, long count) {
    long[] dims = source.shape().toArray();
    Objects.checkFromIndexSize(first, count, dims[0]);
    long each = dims[0] == 0 ? 0 : source.byteSize() / dims[0];
    dims[0] = count;
    this.source = source;
    this.shape = Shape.of(dims);
    this.begin = first * each;
  }

  @Override
  public TensorType type() {
    return source.type();
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), byteSize());
    source.read(begin + byteOffset, target);
  }
}
