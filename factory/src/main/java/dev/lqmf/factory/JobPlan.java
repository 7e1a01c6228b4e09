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
 * @param workingBytes of main memory that the work takes at least, beside the program; 0 if it
 *     streams
 * @param outputs in the order of the request
 * @param notes sentences about the model for people, such as what GGUF cannot express of it
 */
public record JobPlan(
    String model,
    String architecture,
    String origin,
    long inputBytes,
    long elements,
    long workingBytes,
    List<OutputPlan> outputs,
    List<String> notes) {

  public JobPlan {
    outputs = List.copyOf(outputs);
    notes = List.copyOf(notes);
  }
}
