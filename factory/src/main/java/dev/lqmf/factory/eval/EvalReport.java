package dev.lqmf.factory.eval;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What came out.
 *
 * @param text name of the text
 * @param protocol how it was cut
 * @param window tokens of a window
 * @param baseline index in {@code results}; absent: none was asked for
 * @param noiseFloor mean divergence of the baseline from itself when it computes in another order;
 *     a smaller one says nothing. Absent without a baseline
 * @param results in the order in which the models were named; a baseline that was not among them
 *     comes first
 * @param best for each column, the results that no other beats by more than the error
 */
public record EvalReport(
    String text,
    Protocol protocol,
    int window,
    OptionalInt baseline,
    OptionalDouble noiseFloor,
    List<Result> results,
    Best best) {

  /** Copies the list. */
  public EvalReport {
    results = List.copyOf(results);
  }

  /**
   * One model.
   *
   * @param input what the user typed
   * @param name of the model
   * @param format how its weights are stored
   * @param bytes of the files that hold its tensors
   * @param vocabulary tokens that it chooses from
   * @param windows that were run
   * @param predictions that were scored
   * @param perplexity e to the mean of −ln p(token)
   * @param divergence from the baseline; absent for the baseline itself, and without one
   * @param seconds that the model ran
   */
  public record Result(
      String input,
      String name,
      String format,
      long bytes,
      int vocabulary,
      int windows,
      int predictions,
      Estimate perplexity,
      Optional<Divergence> divergence,
      double seconds) {}

  /**
   * Distance of a model's predictions from the baseline's, in nats.
   *
   * @param mean of Σ p(baseline) · ln(p(baseline) / p(model)) over the vocabulary
   * @param median of the same
   * @param percentile99 of the same: one prediction in a hundred is worse
   * @param max of the same
   * @param sameTop share of predictions in which both find the same token likeliest
   * @param logRatio ln(perplexity / perplexity of the baseline); its error leaves out what both
   *     have in common
   */
  public record Divergence(
      Estimate mean,
      double median,
      double percentile99,
      double max,
      Estimate sameTop,
      Estimate logRatio) {}

  /**
   * The best results of each column, as indices. Several, where they differ by less than twice the
   * standard error of their difference, or by less than the noise floor: a tie. None, where there
   * is nothing to compare.
   *
   * @param size smallest
   * @param perplexity lowest
   * @param mean lowest mean divergence
   * @param median lowest median divergence
   * @param percentile99 lowest 99th percentile
   * @param sameTop largest share
   */
  public record Best(
      Set<Integer> size,
      Set<Integer> perplexity,
      Set<Integer> mean,
      Set<Integer> median,
      Set<Integer> percentile99,
      Set<Integer> sameTop) {

    /** Nothing to compare. */
    static final Best NONE = new Best(Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of());
  }
}
