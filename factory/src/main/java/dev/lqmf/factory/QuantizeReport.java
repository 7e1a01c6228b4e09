package dev.lqmf.factory;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What a job did.
 *
 * @param model name of the model
 * @param input where the model is on this machine
 * @param origin where the weights came from, for people
 * @param inputBytes stored bytes of all input tensors
 * @param outputs in the order of the request; empty after a dry run
 * @param kernels which kernels encoded, as in {@code vector-512}
 * @param threads number of worker threads
 * @param elapsed wall-clock time from the opened input to the last commit
 */
public record QuantizeReport(
    String model,
    Path input,
    String origin,
    long inputBytes,
    List<OutputReport> outputs,
    String kernels,
    int threads,
    Duration elapsed) {

  public QuantizeReport {
    outputs = List.copyOf(outputs);
  }
}
