package dev.lqmf.torch;

import dev.lqmf.tensor.InputException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A text to be continued, or for a model with an encoder, to be answered.
 *
 * @param prompt tokens, special ones included
 * @param maxTokens the most tokens to generate
 * @param sampling how to choose them
 * @param stopTokens end the text, and are not part of it
 * @param stopStrings end the text, and are not part of it
 */
public record GenerationRequest(
    int[] prompt,
    int maxTokens,
    Sampling sampling,
    Set<Integer> stopTokens,
    List<String> stopStrings) {

  /**
   * Copies the collections and checks the ranges.
   *
   * @throws InputException if there is no prompt, nothing to generate, or an empty stop string
   */
  public GenerationRequest {
    prompt = prompt.clone();
    stopTokens = Set.copyOf(stopTokens);
    stopStrings = List.copyOf(stopStrings);
    if (prompt.length == 0) {
      throw new InputException("the prompt has no tokens", "give a text to begin with");
    }
    if (maxTokens < 1) {
      throw new InputException("cannot generate " + maxTokens + " tokens", "ask for at least 1");
    }
    if (stopStrings.stream().anyMatch(String::isEmpty)) {
      throw new InputException("a stop string is empty", "leave it out");
    }
  }

  @Override
  public int[] prompt() {
    return prompt.clone();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof GenerationRequest r
        && Arrays.equals(prompt, r.prompt)
        && maxTokens == r.maxTokens
        && sampling.equals(r.sampling)
        && stopTokens.equals(r.stopTokens)
        && stopStrings.equals(r.stopStrings);
  }

  @Override
  public int hashCode() {
    return Objects.hash(Arrays.hashCode(prompt), maxTokens, sampling, stopTokens, stopStrings);
  }

  @Override
  public String toString() {
    return "%d tokens, then %d at most, %s".formatted(prompt.length, maxTokens, sampling);
  }
}
