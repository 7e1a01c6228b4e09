package dev.lqmf.factory.llm;

import java.time.Duration;

/**
 * How long a provider may take.
 *
 * @param connect for a connection
 * @param answer for a whole answer, or between two pieces of one that is streamed
 */
public record LlmTimeouts(Duration connect, Duration answer) {
  /** Models that think take their time. */
  public static final LlmTimeouts USUAL =
      new LlmTimeouts(Duration.ofSeconds(10), Duration.ofSeconds(90));
}
