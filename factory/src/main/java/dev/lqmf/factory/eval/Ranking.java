package dev.lqmf.factory.eval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.ToDoubleFunction;

/** Finds the best of each column, and what cannot be told from it. */
final class Ranking {
  /** Standard errors within which a difference says nothing. */
  private static final double ERRORS = 2;

  private final List<EvalReport.Result> results;
  private final List<Scores> scores;
  private final double noiseFloor;

  private Ranking(List<EvalReport.Result> results, List<Scores> scores, double noiseFloor) {
    this.results = results;
    this.scores = scores;
    this.noiseFloor = noiseFloor;
  }

  /**
   * Ranks.
   *
   * @param scores of the results, in their order
   * @param comparable whether all made the same predictions
   * @param noiseFloor divergences that differ by no more are equal
   */
  static EvalReport.Best of(
      List<EvalReport.Result> results, List<Scores> scores, boolean comparable, double noiseFloor) {
    if (results.size() < 2) {
      return EvalReport.Best.NONE;
    }
    Ranking ranking = new Ranking(results, scores, noiseFloor);
    List<Integer> all = ranking.indices(false);
    List<Integer> compared = ranking.indices(true);
    Set<Integer> size =
        ranking.best(
            all,
            i -> results.get(i).bytes(),
            (a, b) -> results.get(a).bytes() == results.get(b).bytes());
    Set<Integer> perplexity =
        comparable
            ? ranking.best(all, i -> results.get(i).perplexity().value(), ranking::sameLoss)
            : Set.of();
    if (compared.size() < 2) {
      return new EvalReport.Best(size, perplexity, Set.of(), Set.of(), Set.of(), Set.of());
    }
    return new EvalReport.Best(
        size,
        perplexity,
        ranking.best(compared, i -> divergence(results.get(i)).mean().value(), ranking::sameMean),
        ranking.best(
            compared,
            i -> divergence(results.get(i)).median(),
            (a, b) -> ranking.sameQuantile(a, b, 0.5)),
        ranking.best(
            compared,
            i -> divergence(results.get(i)).percentile99(),
            (a, b) -> ranking.sameQuantile(a, b, 0.99)),
        ranking.best(
            compared, i -> -divergence(results.get(i)).sameTop().value(), ranking::sameAgreement));
  }

  private List<Integer> indices(boolean compared) {
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      if (!compared || results.get(i).divergence().isPresent()) {
        found.add(i);
      }
    }
    return found;
  }

  private static EvalReport.Divergence divergence(EvalReport.Result result) {
    return result.divergence().orElseThrow();
  }

  /** The lowest, and all that are the same as it. */
  private Set<Integer> best(
      List<Integer> among, ToDoubleFunction<Integer> value, BiPredicate<Integer, Integer> same) {
    int lowest = among.stream().min(Comparator.comparingDouble(value)).orElseThrow();
    Set<Integer> best = new TreeSet<>(Set.of(lowest));
    among.stream().filter(i -> same.test(lowest, i)).forEach(best::add);
    return best;
  }

  private boolean sameLoss(int a, int b) {
    return insignificant(scores.get(a).losses(), scores.get(b).losses());
  }

  private boolean sameMean(int a, int b) {
    float[] x = scores.get(a).divergences();
    float[] y = scores.get(b).divergences();
    return Math.abs(Statistics.meanDifference(x, y).value()) <= noiseFloor || insignificant(x, y);
  }

  private boolean sameAgreement(int a, int b) {
    return insignificant(scores.get(a).sameTop(), scores.get(b).sameTop());
  }

  private static boolean insignificant(float[] x, float[] y) {
    Estimate difference = Statistics.meanDifference(x, y);
    return Math.abs(difference.value()) <= ERRORS * difference.error();
  }

  /** Whether each quantile lies where the other's may lie too. */
  private boolean sameQuantile(int a, int b, double share) {
    double[] x = Statistics.quantileRange(Statistics.sorted(scores.get(a).divergences()), share);
    double[] y = Statistics.quantileRange(Statistics.sorted(scores.get(b).divergences()), share);
    return x[0] - noiseFloor <= y[1] && y[0] - noiseFloor <= x[1];
  }
}
