package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** The same elements in the same order under another shape. */
public record ReshapedWeights(Weights source, Shape shape) implements Weights {

  public ReshapedWeights {
    if (shape.elements() != source.shape().elements()) {
      throw new IllegalArgumentException("cannot view " + source.shape() + " elements as " + shape);
    }
  }

  @Override
  public TensorType type() {
    return source.type();
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    source.read(byteOffset, target);
  }
}
