package dev.lqmf.model;

import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Weights by name as a source of tensors, over the source they are computed from. */
final class ViewSource implements TensorSource {
  private final TensorSource source;
  private final Map<String, Weights> weights;
  private final List<TensorInfo> tensors;

  ViewSource(TensorSource source, Map<String, Weights> weights) {
    this.source = source;
    this.weights = weights;
    this.tensors = weights.entrySet().stream().map(e -> e.getValue().info(e.getKey())).toList();
  }

  @Override
  public List<TensorInfo> tensors() {
    return tensors;
  }

  @Override
  public void read(TensorInfo tensor, long byteOffset, MemorySegment target) throws IOException {
    Weights found = weights.get(tensor.name());
    if (found == null) {
      throw new IllegalArgumentException(tensor + " is not a tensor of this source");
    }
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), tensor.byteSize());
    found.read(byteOffset, target);
  }

  @Override
  public String origin() {
    return source.origin();
  }

  @Override
  public String file(TensorInfo tensor) {
    return source.file(tensor);
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
