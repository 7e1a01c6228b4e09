package dev.lqmf.torch;

import dev.lqmf.tensor.InputException;
import java.util.OptionalLong;

/**
 * How to choose the next token. Applied in Transformers' order: repetition penalty, temperature,
 * top-k, top-p, min-p.
 *
 * @param temperature by which scores are divided; 0: always the likeliest token
 * @param topK choose among this many likeliest tokens; 0: all of them
 * @param topP choose among the likeliest tokens whose probabilities sum up to this, above 0, at
 *     most 1
 * @param minP choose among tokens at least this share as likely as the likeliest, 0 to 1
 * @param repetitionPenalty scores of tokens that occurred are divided by it where positive, and
 *     multiplied where negative; above 0, 1 changes nothing
 * @param seed makes the choice repeatable; absent: another one every time
 */
public record Sampling(
    double temperature,
    int topK,
    double topP,
    double minP,
    double repetitionPenalty,
    OptionalLong seed) {

  /** Always the likeliest token. */
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 0, 1, OptionalLong.empty());

  /**
   * Checks the ranges.
   *
   * @throws InputException if a number is out of range
   */
  public Sampling {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
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
    if (!(minP >= 0 && minP <= 1)) {
      throw new InputException(
          "min-p " + minP + " is not between 0 and 1", "use 0.05, or 0 for no limit");
    }
    if (!(repetitionPenalty > 0) || Double.isInfinite(repetitionPenalty)) {
      throw new InputException(
          "a repetition penalty of " + repetitionPenalty + " is out of range",
          "use 1.1, or 1 for none");
    }
  }
}
