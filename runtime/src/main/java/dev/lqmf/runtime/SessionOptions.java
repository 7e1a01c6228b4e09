package dev.lqmf.runtime;

import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.ComputeDevice;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * How to load a model.
 *
 * @param contextLength tokens of prompt and answer together, at least 1; absent: what the model was
 *     trained with, but no more than {@link #DEFAULT_MAX_CONTEXT}
 * @param threads number of threads, at least 1; absent: the runtime decides
 * @param verbose let the runtime's own log through to standard error
 * @param device where the torch runtime computes; the others are told nothing and take the CPU only
 */
public record SessionOptions(
    OptionalInt contextLength, OptionalInt threads, boolean verbose, ComputeDevice device) {

  /** Bounds the memory of the KV cache for models trained with very long contexts. */
  public static final int DEFAULT_MAX_CONTEXT = 4096;

  /** Everything left to the model and the runtime. */
  public static final SessionOptions DEFAULTS =
      new SessionOptions(OptionalInt.empty(), OptionalInt.empty(), false);

  /** Options for the CPU. */
  public SessionOptions(OptionalInt contextLength, OptionalInt threads, boolean verbose) {
    this(contextLength, threads, verbose, ComputeDevice.CPU);
  }

  /**
   * Checks the ranges.
   *
   * @throws InputException if a number is out of range
   */
  public SessionOptions {
    if (contextLength.isPresent() && contextLength.getAsInt() < 1) {
      throw new InputException(
          "a context of " + contextLength.getAsInt() + " tokens holds nothing",
          "give a context length of at least 1");
    }
    if (threads.isPresent() && threads.getAsInt() < 1) {
      throw new InputException(
          "cannot work with " + threads.getAsInt() + " threads", "use at least 1");
    }
  }

  /**
   * For runtimes that cannot be told where to compute.
   *
   * @throws InputException if another device than the CPU is asked for
   */
  public void refuseDevice(String runtime) {
    if (device != ComputeDevice.CPU) {
      throw new InputException(
          "%s cannot be told to compute on %s"
              .formatted(runtime, device.name().toLowerCase(Locale.ROOT)),
          "use the runtime torch, or give no device");
    }
  }
}
