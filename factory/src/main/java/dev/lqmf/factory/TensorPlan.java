package dev.lqmf.factory;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;

/**
 * One tensor of an output.
 *
 * @param name as the output has it
 * @param shape outermost dimension first
 * @param from type in the input
 * @param to type in the output: that of a tensor, or a method's name for its own, such as NF4
 * @param bytes stored size in the output, scales and all else that belongs to it included; the
 *     greatest it can have
 */
public record TensorPlan(String name, Shape shape, TensorType from, String to, long bytes) {

  /** A tensor that is stored in one piece. */
  public TensorPlan(String name, Shape shape, TensorType from, TensorType to) {
    this(name, shape, from, to.name(), to.byteSize(shape.elements()));
  }
}
