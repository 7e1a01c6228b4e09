package dev.lqmf.runtime;

import dev.lqmf.tensor.InputException;
import java.util.OptionalInt;

/**
 * How to choose the tokens of an answer.
 *
 * @param maxTokens the most tokens to generate, at least 1; absent: until the model ends its text
 *     or the context is full
 * @param temperature 0 always takes the likeliest token; higher is more varied
 * @param topK choose among this many likeliest tokens, at least 0; 0: all of them
 * @param topP choose among the likeliest tokens whose probabilities sum up to this, above 0, at
 *     most 1
 * @param seed makes the choice repeatable; absent: another one every time
 * @param chat write the prompt as a question in the model's chat template, if it has one
 */
public record GenerationOptions(
    OptionalInt maxTokens,
    float temperature,
    int topK,
    float topP,
    OptionalInt seed,
    boolean chat) {

  /** llama.cpp's defaults. */
  public static final GenerationOptions DEFAULTS =
      new GenerationOptions(OptionalInt.empty(), 0.8f, 40, 0.95f, OptionalInt.empty(), true);

  /**
   * Checks the ranges.
   *
   * @throws InputException if a number is out of range
   */
  public GenerationOptions {
    if (maxTokens.isPresent() && maxTokens.getAsInt() < 1) {
      throw new InputException(
          "cannot generate " + maxTokens.getAsInt() + " tokens", "ask for at least 1");
    }
    if (!(temperature >= 0) || Float.isInfinite(temperature)) {
      throw new InputException(
          "temperature " + temperature + " is out of range",
          "use 0 for the likeliest text, or 0.8");
    }
    if (topK < 0) {
      throw new InputException("top-k " + topK + " is negative", "use 40, or 0 for no limit");
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new InputException(
          "top-p " + topP + " is not a probability above 0", "use 0.95, or 1 for no limit");
    }
  }
}
