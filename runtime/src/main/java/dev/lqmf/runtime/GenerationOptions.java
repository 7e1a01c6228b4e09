package dev.lqmf.runtime;

import dev.lqmf.tensor.InputException;
import java.util.List;
import java.util.OptionalInt;

/**
 * How to choose the tokens of an answer, and when to stop.
 *
 * @param maxTokens the most tokens to generate, at least 1; absent: until the model ends its text
 *     or the context is full
 * @param temperature 0 always takes the likeliest token; higher is more varied
 * @param topK choose among this many likeliest tokens, at least 0; 0: all of them
 * @param topP choose among the likeliest tokens whose probabilities sum up to this, above 0, at
 *     most 1
 * @param minP choose among tokens at least this share as likely as the likeliest, 0 to 1; 0: all of
 *     them
 * @param repetitionPenalty makes tokens that occurred less likely; above 0, 1 changes nothing
 * @param seed makes the choice repeatable; absent: another one every time
 * @param stop texts that end the answer, and are not part of it
 * @param chat write the prompt as a question in the model's chat template, if it has one
 */
public record GenerationOptions(
    OptionalInt maxTokens,
    float temperature,
    int topK,
    float topP,
    float minP,
    float repetitionPenalty,
    OptionalInt seed,
    List<String> stop,
    boolean chat) {

  /** llama.cpp's defaults. */
  public static final GenerationOptions DEFAULTS =
      new GenerationOptions(
          OptionalInt.empty(), 0.8f, 40, 0.95f, 0.05f, 1, OptionalInt.empty(), List.of(), true);

  /** Always the likeliest token, continuing the text as it is. */
  public static final GenerationOptions GREEDY =
      new GenerationOptions(
          OptionalInt.empty(), 0, 0, 1, 0, 1, OptionalInt.empty(), List.of(), false);

  /**
   * Checks the ranges and copies the list.
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
    if (!(minP >= 0 && minP <= 1)) {
      throw new InputException(
          "min-p " + minP + " is not between 0 and 1", "use 0.05, or 0 for no limit");
    }
    if (!(repetitionPenalty > 0) || Float.isInfinite(repetitionPenalty)) {
      throw new InputException(
          "a repetition penalty of " + repetitionPenalty + " is out of range",
          "use 1.1, or 1 for none");
    }
    stop = List.copyOf(stop);
    if (stop.stream().anyMatch(String::isEmpty)) {
      throw new InputException("a stop text is empty", "leave it out");
    }
  }

  /** As these, with a limit of tokens. */
  public GenerationOptions withMaxTokens(int tokens) {
    return new GenerationOptions(
        OptionalInt.of(tokens), temperature, topK, topP, minP, repetitionPenalty, seed, stop, chat);
  }

  /** As these, with a temperature. */
  public GenerationOptions withTemperature(float value) {
    return new GenerationOptions(
        maxTokens, value, topK, topP, minP, repetitionPenalty, seed, stop, chat);
  }

  /** As these, with a seed. */
  public GenerationOptions withSeed(int value) {
    return new GenerationOptions(
        maxTokens,
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        OptionalInt.of(value),
        stop,
        chat);
  }

  /** As these, with texts that end the answer. */
  public GenerationOptions withStop(List<String> texts) {
    return new GenerationOptions(
        maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed, texts, chat);
  }

  /** As these, asking through the chat template or not. */
  public GenerationOptions withChat(boolean value) {
    return new GenerationOptions(
        maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed, stop, value);
  }
}
