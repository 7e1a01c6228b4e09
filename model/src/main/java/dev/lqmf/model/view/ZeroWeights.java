package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Nothing but zeros. */
public record ZeroWeights(TensorType type, Shape shape) implements Weights {

  @Override
  public void read(long byteOffset, MemorySegment target) {
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), byteSize());
    target.fill((byte) 0);
  }
}
