package dev.lqmf.factory;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;

/**
 * One tensor of an output.
 *
 * @param name its GGUF name
 * @param shape outermost dimension first
 * @param from type in the input
 * @param to type in the output
 */
public record TensorPlan(String name, Shape shape, TensorType from, TensorType to) {

  /** Encoded size in the output. */
  public long bytes() {
    return to.byteSize(shape.elements());
  }
}
