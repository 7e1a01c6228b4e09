package dev.lqmf.factory.eval;

import java.util.Arrays;

/**
 * What one model made of every prediction. Numbers only: the scores of whole vocabularies are gone
 * by then.
 */
final class Scores {
  private final float[] losses;
  private final float[] divergences;
  private final float[] sameTop;
  private int count;
  private int compared;
  private double sum;
  private double seconds;

  /**
   * Room for results.
   *
   * @param predictions to come
   * @param compared whether there is a baseline
   */
  Scores(int predictions, boolean compared) {
    losses = new float[predictions];
    divergences = new float[compared ? predictions : 0];
    sameTop = new float[compared ? predictions : 0];
  }

  /** Adds natural logarithms of the probabilities of the tokens that came. */
  void addLogProbabilities(float[] values) {
    for (float v : values) {
      losses[count++] = -v;
      sum -= v;
    }
  }

  /**
   * Adds how far predictions are from the baseline's.
   *
   * @param best the likeliest tokens
   * @param baselineBest those of the baseline
   */
  void addComparison(float[] divergence, int[] best, int[] baselineBest) {
    for (int i = 0; i < divergence.length; i++) {
      divergences[compared] = divergence[i];
      sameTop[compared] = best[i] == baselineBest[i] ? 1 : 0;
      compared++;
    }
  }

  void addSeconds(double more) {
    seconds += more;
  }

  /** Time that the model ran. */
  double seconds() {
    return seconds;
  }

  int count() {
    return count;
  }

  /** e to the mean loss of what was added so far. */
  double perplexitySoFar() {
    return Math.exp(sum / Math.max(1, count));
  }

  boolean isCompared() {
    return compared > 0;
  }

  /** −ln p of every token. */
  float[] losses() {
    return Arrays.copyOf(losses, count);
  }

  /** Divergence from the baseline of every prediction. */
  float[] divergences() {
    return Arrays.copyOf(divergences, compared);
  }

  /** 1 where the likeliest token is the baseline's, else 0. */
  float[] sameTop() {
    return Arrays.copyOf(sameTop, compared);
  }

  Estimate perplexity() {
    return Statistics.mean(losses()).exp();
  }

  /** The distance from a baseline that made the same predictions. */
  EvalReport.Divergence divergence(Scores baseline) {
    float[] sorted = Statistics.sorted(divergences());
    return new EvalReport.Divergence(
        Statistics.mean(divergences()),
        Statistics.quantile(sorted, 0.5),
        Statistics.quantile(sorted, 0.99),
        sorted[sorted.length - 1],
        Statistics.mean(sameTop()),
        Statistics.meanDifference(losses(), baseline.losses()));
  }
}
