package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A tensor of a source, as it is stored. */
public record StoredWeights(TensorSource source, TensorInfo tensor) implements Weights {

  @Override
  public TensorType type() {
    return tensor.type();
  }

  @Override
  public Shape shape() {
    return tensor.shape();
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    source.read(tensor, byteOffset, target);
  }
}
