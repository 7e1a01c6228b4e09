package dev.lqmf.runtime;

import java.time.Duration;

/**
 * What a generation took.
 *
 * @param promptTokens tokens of the prompt, special ones included
 * @param tokens tokens that were generated; those of one character may count as one
 * @param toFirstText from the call to the first text, which includes reading the prompt; the whole
 *     time if there was none
 * @param total from the call to the end
 */
public record Generation(int promptTokens, int tokens, Duration toFirstText, Duration total) {

  /** Tokens per second at which the answer came once it had begun; 0 if it is too short to tell. */
  public double tokensPerSecond() {
    double seconds = total.minus(toFirstText).toNanos() / 1e9;
    return tokens < 2 || seconds <= 0 ? 0 : (tokens - 1) / seconds;
  }

  /** Tokens per second at which the prompt was read, its first answering token included. */
  public double promptTokensPerSecond() {
    double seconds = toFirstText.toNanos() / 1e9;
    return seconds <= 0 ? 0 : promptTokens / seconds;
  }
}
