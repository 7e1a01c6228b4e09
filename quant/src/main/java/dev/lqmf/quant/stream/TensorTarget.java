package dev.lqmf.quant.stream;

import dev.lqmf.tensor.TensorSink;
import dev.lqmf.tensor.TensorType;
import java.util.List;

/**
 * Where and how one output wants a tensor.
 *
 * @param sink receives the encoded tensor
 * @param index of the tensor in the sink
 * @param type to encode as; the stored type keeps the stored bytes
 * @param importance weights of the columns, one array of a row's length for each matrix the tensor
 *     stacks; empty for none
 */
public record TensorTarget(TensorSink sink, int index, TensorType type, List<float[]> importance) {
  public TensorTarget {
    importance = List.copyOf(importance);
  }
}
