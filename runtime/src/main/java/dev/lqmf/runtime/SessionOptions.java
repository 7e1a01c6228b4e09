package dev.lqmf.runtime;

import dev.lqmf.tensor.InputException;
import java.util.OptionalInt;

/**
 * How to load a model.
 *
 * @param contextLength tokens of prompt and answer together, at least 1; absent: what the model was
 *     trained with, but no more than {@link #DEFAULT_MAX_CONTEXT}
 * @param threads number of threads, at least 1; absent: the runtime decides
 * @param verbose let the runtime's own log through to standard error
 */
public record SessionOptions(OptionalInt contextLength, OptionalInt threads, boolean verbose) {

  /** Bounds the memory of the KV cache for models trained with very long contexts. */
  public static final int DEFAULT_MAX_CONTEXT = 4096;

  /** Everything left to the model and the runtime. */
  public static final SessionOptions DEFAULTS =
      new SessionOptions(OptionalInt.empty(), OptionalInt.empty(), false);

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
}
