package dev.lqmf.runtime;

import java.time.Duration;
import java.util.function.Consumer;

/** Takes the time of a generation; for one thread. */
final class Stopwatch {
  private final long start = System.nanoTime();
  private final Consumer<String> sink;
  private long first;

  /**
   * Begins.
   *
   * @param sink receives what {@link #piece} is given
   */
  Stopwatch(Consumer<String> sink) {
    this.sink = sink;
  }

  /** Hands a piece of text on. */
  void piece(String text) {
    if (first == 0) {
      first = System.nanoTime();
    }
    sink.accept(text);
  }

  /** Ends. */
  Generation stop(int promptTokens, int tokens) {
    long end = System.nanoTime();
    return new Generation(
        promptTokens,
        tokens,
        Duration.ofNanos((first == 0 ? end : first) - start),
        Duration.ofNanos(end - start));
  }
}
