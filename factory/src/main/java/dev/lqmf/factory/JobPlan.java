package dev.lqmf.factory;

import java.util.List;

/**
 * What a job is about to do.
 *
 * @param model name of the model, as the output directories and files carry it
 * @param architecture {@code general.architecture}, as in {@code llama}
 * @param origin where the weights come from, for people
 * @param inputBytes stored bytes of all tensors
 * @param elements number of weights
 * @param outputs in the order of the request
 */
public record JobPlan(
    String model,
    String architecture,
    String origin,
    long inputBytes,
    long elements,
    List<OutputPlan> outputs) {

  public JobPlan {
    outputs = List.copyOf(outputs);
  }
}
