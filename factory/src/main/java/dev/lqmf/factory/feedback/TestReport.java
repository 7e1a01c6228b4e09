package dev.lqmf.factory.feedback;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;

/**
 * What a test found.
 *
 * @param model what was tested
 * @param runtime what ran it; empty if nothing did
 * @param loadSeconds from the start of the process until the model was ready
 * @param peakBytes the process' largest resident memory, where the system tells it
 * @param answers in the order of the prompts
 * @param failure why the test ended early; absent if it did not
 */
public record TestReport(
    FoundModel model,
    String runtime,
    double loadSeconds,
    OptionalLong peakBytes,
    List<Answer> answers,
    Optional<String> failure) {

  /** How the score comes about. */
  public static final String FORMULA =
      """
      coherence = mean over answers of (1 - repetition) * (1 - malformed); 0 for no words
        repetition  share of 4-word sequences that occurred before in the answer (rep-4, Welleck 2020)
        malformed   share of U+FFFD and control characters
      diversity = median over answers of distinct-2: different word pairs / word pairs (Li 2016)
      score     = coherence * sqrt(diversity) * share of prompts that were answered
      It tells a working model from a broken one. How good one is, lqmf eval tells.""";

  /**
   * An answer.
   *
   * @param firstTextSeconds until its first text
   * @param tokensPerSecond after that; 0 if it is too short to tell
   * @param promptTokensPerSecond until then
   */
  public record Answer(
      Prompts.Prompt prompt,
      String text,
      int tokens,
      double firstTextSeconds,
      double tokensPerSecond,
      double promptTokensPerSecond,
      TextMeasures measures) {}

  /** Copies the list. */
  public TestReport {
    answers = List.copyOf(answers);
  }

  /** Whether the model answered everything that it was asked with text. */
  public boolean passed() {
    return failure.isEmpty() && answers.stream().anyMatch(a -> a.measures().words() > 0);
  }

  /** The median over answers; 0 if there are none. */
  public double median(ToDoubleFunction<Answer> of) {
    double[] values = answers.stream().mapToDouble(of).sorted().toArray();
    return values.length == 0
        ? 0
        : (values[(values.length - 1) / 2] + values[values.length / 2]) / 2;
  }

  /** From 0 to 1, see {@link #FORMULA}. */
  public double coherence() {
    return answers.stream().mapToDouble(a -> a.measures().coherence()).average().orElse(0);
  }

  /** From 0 to 1, see {@link #FORMULA}. */
  public double diversity() {
    return median(a -> a.measures().distinct2());
  }

  /** From 0 to 1, see {@link #FORMULA}. */
  public double score() {
    double[] answered =
        answers.stream().mapToDouble(a -> a.measures().words() > 0 ? 1 : 0).toArray();
    double share = Arrays.stream(answered).average().orElse(0);
    return failure.isPresent() ? 0 : coherence() * Math.sqrt(diversity()) * share;
  }
}
