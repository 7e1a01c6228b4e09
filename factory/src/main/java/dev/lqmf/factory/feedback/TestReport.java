package dev.lqmf.factory.feedback;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * What a test found.
 *
 * @param model what was tested
 * @param mode how thoroughly, as in {@code quick}
 * @param outcome how it ended
 * @param reason why it did not pass; absent if it did
 * @param runtime what ran it; empty if nothing did
 * @param loadSeconds from the start of the process until the model was ready
 * @param speed absent if it was not measured, or the model ends its text at once
 * @param resources what its process took
 * @param rouge mean ROUGE-L F1 of its answers against the baseline's, from 0 to 1; absent without
 *     one
 * @param heldOut how well it predicts a text; absent if it was not measured
 * @param notes sentences for people: what could not be measured, and why
 * @param answers in the order of the prompts
 */
public record TestReport(
    FoundModel model,
    String mode,
    Outcome outcome,
    Optional<String> reason,
    String runtime,
    double loadSeconds,
    Optional<Speed> speed,
    Resources resources,
    OptionalDouble rouge,
    Optional<HeldOut> heldOut,
    List<String> notes,
    List<Answer> answers) {

  /** How the scores come about. */
  public static final String FORMULA =
      """
      coherence  = mean over answers of
                   (1 - repetition) * (1 - malformed) * consistency; 0 for no words
        repetition   share of 4-word sequences that occurred before in the
                     answer (rep-4, Welleck et al. 2020, arXiv:1908.04319)
        malformed    share of U+FFFD and control characters
        consistency  share of the answer's letters whose script (Latin, Cyrillic,
                     Han, ...) occurs in the prompt
      diversity  = median over answers of distinct-2: different word pairs / word
                   pairs (Li et al. 2016, arXiv:1510.03055)
      score      = coherence * sqrt(diversity) * share of prompts answered
      prediction = 1 - ln(perplexity) / ln(vocabulary), of WikiText-2 test in
                   windows of 256 tokens, the second half of each: 0 for a guess,
                   1 for certainty
      With a baseline:
      ROUGE-L    = mean F1 of the longest common word sequence of its answer and
                   the baseline's (Lin 2004, aclanthology.org/W04-1013)
      own        = perplexity of its own answers as the baseline sees them: e to
                   the mean of -ln p(token). Low for what repeats itself, so read
                   it with diversity (Holtzman et al. 2020, arXiv:1904.09751)
      fidelity   = share of predictions with the baseline's likeliest token
      A model fails that does not load, says no word, or predicts no better than a
      guess. The score tells a working model from a broken one. How good one is,
      prediction and fidelity tell, and 'lqmf eval' with more text.""";

  /** How a test ended. */
  public enum Outcome {
    /** It loaded, and answered. */
    PASSED,
    /** It is damaged, crashed, said nothing, or predicts no better than a guess. */
    FAILED,
    /** There is nothing here that could run such a model. */
    NOT_TESTED;

    /** As people and programs see it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  /**
   * An answer.
   *
   * @param text what the model said; empty if it failed
   * @param firstTextSeconds until its first text
   * @param tokensPerSecond after that; 0 if it is too short to tell
   * @param promptTokensPerSecond until then
   * @param failure why there is none, as for a prompt that is too long
   */
  public record Answer(
      Prompts.Prompt prompt,
      String text,
      int tokens,
      double firstTextSeconds,
      double tokensPerSecond,
      double promptTokensPerSecond,
      TextMeasures measures,
      Optional<String> failure) {}

  /** Copies the lists. */
  public TestReport {
    notes = List.copyOf(notes);
    answers = List.copyOf(answers);
  }

  /** The same with another note. */
  public TestReport with(String note) {
    return new TestReport(
        model,
        mode,
        outcome,
        reason,
        runtime,
        loadSeconds,
        speed,
        resources,
        rouge,
        heldOut,
        Stream.concat(notes.stream(), Stream.of(note)).toList(),
        answers);
  }

  /** One about a model that nothing here runs. */
  public static TestReport notTested(FoundModel model, String mode, String reason) {
    return without(model, mode, Outcome.NOT_TESTED, reason);
  }

  /** One about a model that did not run. */
  static TestReport without(FoundModel model, String mode, Outcome outcome, String reason) {
    return new TestReport(
        model,
        mode,
        outcome,
        Optional.of(reason),
        "",
        0,
        Optional.empty(),
        Resources.unknown(),
        OptionalDouble.empty(),
        Optional.empty(),
        List.of(),
        List.of());
  }

  /**
   * Whether the model loaded, said a word, and predicts better than a guess, if that was measured.
   */
  public boolean passed() {
    return outcome == Outcome.PASSED;
  }

  /** The median over answers; 0 if there are none. */
  public double median(ToDoubleFunction<Answer> of) {
    List<Double> values = answers.stream().map(of::applyAsDouble).toList();
    return values.isEmpty() ? 0 : Spread.of(values).median();
  }

  /** Seconds to the first text: of the runs for speed, else of the answers. */
  public double firstTextSeconds() {
    return speed.map(s -> s.firstText().median()).orElseGet(() -> median(Answer::firstTextSeconds));
  }

  /** Tokens per second of the text: of the runs for speed, else of the answers. */
  public double tokensPerSecond() {
    return speed.map(s -> s.decode().median()).orElseGet(() -> median(Answer::tokensPerSecond));
  }

  /** Tokens per second of the prompt: of the runs for speed, else of the answers. */
  public double promptTokensPerSecond() {
    return speed
        .map(s -> s.prompt().median())
        .orElseGet(() -> median(Answer::promptTokensPerSecond));
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
    return passed() ? coherence() * Math.sqrt(diversity()) * share : 0;
  }
}
