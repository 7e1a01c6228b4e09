package dev.lqmf.factory.bench;

import dev.lqmf.tensor.InputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What can be measured. */
public enum Measurement {
  /** Perplexity, and the divergence from a baseline. */
  PREDICTIONS(Measured.Predictions.class),
  /** Multiple-choice questions. */
  ACCURACY(Measured.Accuracy.class),
  /** Greedy answers, which are compared by ROUGE. */
  ANSWERS(Measured.Answers.class),
  /** Tokens per second, and memory. */
  SPEED(Measured.Speed.class);

  private final Class<? extends Measured> type;

  Measurement(Class<? extends Measured> type) {
    this.type = type;
  }

  Class<? extends Measured> type() {
    return type;
  }

  /** As people write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The measurement of that name.
   *
   * @throws InputException if there is none; the message lists them
   */
  public static Measurement named(String label) {
    return Arrays.stream(values())
        .filter(m -> m.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "there is no measurement " + InputException.quote(label),
                    "use "
                        + Arrays.stream(values())
                            .map(Measurement::label)
                            .collect(Collectors.joining(", "))));
  }
}
