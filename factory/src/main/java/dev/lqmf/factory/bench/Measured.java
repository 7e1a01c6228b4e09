package dev.lqmf.factory.bench;

import dev.lqmf.factory.eval.Estimate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What was measured of one model, as it is stored. */
public sealed interface Measured {

  /**
   * How well a text is predicted.
   *
   * @param predictions how many were scored
   * @param perplexity e to the mean of −ln p(token)
   * @param distance from the baseline; absent for the baseline itself, and without one
   */
  record Predictions(int predictions, Estimate perplexity, Optional<Distance> distance)
      implements Measured {}

  /**
   * Distance of predictions from the baseline's.
   *
   * @param divergence mean KL divergence, in nats
   * @param median of the same
   * @param percentile99 of the same
   * @param sameTop share of predictions in which both find the same token likeliest
   * @param noiseFloor divergences that differ by no more are equal
   */
  record Distance(
      Estimate divergence,
      double median,
      double percentile99,
      Estimate sameTop,
      double noiseFloor) {}

  /**
   * The likeliest answers.
   *
   * @param runtime what generated them
   * @param texts one for each prompt
   */
  record Answers(String runtime, List<String> texts) implements Measured {
    /** Copies the list. */
    public Answers {
      texts = List.copyOf(texts);
    }
  }

  /**
   * Multiple-choice questions.
   *
   * @param questions how many were asked
   * @param plain share in which the right choice is the likeliest
   * @param normalized the same by likelihood per character, which does not favour short choices
   */
  record Accuracy(int questions, Estimate plain, Estimate normalized) implements Measured {}

  /**
   * Cost of running the model in a process of its own.
   *
   * @param runtime what ran it
   * @param decode tokens per second of an answer, the median of several runs
   * @param slowest of these runs
   * @param fastest of these runs
   * @param prompt tokens per second at which a prompt is read, the median
   * @param loadSeconds from the start of the process until the model was loaded
   * @param memory the most bytes that the process had in memory; absent where the system does not
   *     tell
   */
  record Speed(
      String runtime,
      double decode,
      double slowest,
      double fastest,
      double prompt,
      double loadSeconds,
      OptionalLong memory)
      implements Measured {}
}
