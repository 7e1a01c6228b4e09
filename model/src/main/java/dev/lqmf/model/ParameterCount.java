package dev.lqmf.model;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import java.util.List;

/**
 * How many parameters a model has, as gguf-py counts them ({@code get_total_parameter_count}).
 *
 * @param total of all tensors
 * @param perExpert of all tensors, but of stacked experts only one
 * @param experts in a stack, on average; 0 if there are no stacks
 */
record ParameterCount(long total, long perExpert, long experts) {

  static ParameterCount of(List<TensorInfo> tensors) {
    long total = 0;
    long perExpert = 0;
    long experts = 0;
    long stacks = 0;
    for (TensorInfo tensor : tensors) {
      Shape shape = tensor.shape();
      long size = shape.elements();
      total += size;
      if (tensor.name().contains("_exps.") && shape.rank() >= 3) {
        int inner = tensor.name().contains(".bias") ? 2 : 3;
        long stacked = shape.dim(shape.rank() - inner);
        perExpert += size / stacked;
        experts += stacked;
        stacks++;
      } else {
        perExpert += size;
      }
    }
    return new ParameterCount(total, perExpert, stacks == 0 ? 0 : experts / stacks);
  }
}
