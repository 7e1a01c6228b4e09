package dev.lqmf.torch;

import dev.lqmf.tensor.InputException;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How to run a model.
 *
 * @param device where
 * @param precision of weights and activations
 * @param maxMemory bytes that weights may take; a model that needs more is read block by block,
 *     again for every pass. Absent: weights stay loaded
 * @param threads of the CPU, for the whole process; absent: as many as there are cores. A GPU gets
 *     its work from one, whatever is said here
 */
public record TorchOptions(
    ComputeDevice device, Precision precision, OptionalLong maxMemory, OptionalInt threads) {

  /** Float32 on the CPU, weights stay loaded. */
  public static final TorchOptions DEFAULTS =
      new TorchOptions(
          ComputeDevice.CPU, Precision.FLOAT32, OptionalLong.empty(), OptionalInt.empty());

  /**
   * Checks the ranges.
   *
   * @throws InputException if a number is out of range
   */
  public TorchOptions {
    if (maxMemory.isPresent() && maxMemory.getAsLong() < 1) {
      throw new InputException(
          "a memory of %d bytes holds nothing".formatted(maxMemory.getAsLong()),
          "give the model some megabytes");
    }
    if (threads.isPresent() && threads.getAsInt() < 1) {
      throw new InputException(
          "cannot work with " + threads.getAsInt() + " threads", "use at least 1");
    }
  }

  /** As these, on another device. */
  public TorchOptions on(ComputeDevice other) {
    return new TorchOptions(other, precision, maxMemory, threads);
  }

  /** As these, in another precision. */
  public TorchOptions with(Precision other) {
    return new TorchOptions(device, other, maxMemory, threads);
  }

  /** As these, with a limit for weights. */
  public TorchOptions withMaxMemory(long bytes) {
    return new TorchOptions(device, precision, OptionalLong.of(bytes), threads);
  }

  /** As these, with a number of threads. */
  public TorchOptions withThreads(int count) {
    return new TorchOptions(device, precision, maxMemory, OptionalInt.of(count));
  }
}
