package dev.lqmf.factory.eval;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RankingTest {
  private static final int PREDICTIONS = 2000;
  private static final double FLOOR = 1e-6;

  private final List<EvalReport.Result> results = new ArrayList<>();
  private final List<Scores> scores = new ArrayList<>();

  /** A model without a baseline; losses are those of the text, and its own on top. */
  private void model(long bytes, double worse, double noise) {
    add(bytes, scores(worse, noise, false, 0, 1), Optional.empty());
  }

  /** A model beside the baseline, which comes first. */
  private void compared(long bytes, double worse, double divergence, double sameTop) {
    Scores own = scores(worse, 0.01, true, divergence, sameTop);
    add(bytes, own, Optional.of(own.divergence(scores.getFirst())));
  }

  private static Scores scores(
      double worse, double noise, boolean compared, double divergence, double sameTop) {
    Random text = new Random(1);
    Random own = new Random(Double.hashCode(worse + noise + divergence));
    float[] logs = new float[PREDICTIONS];
    float[] divergences = new float[PREDICTIONS];
    int[] best = new int[PREDICTIONS];
    for (int i = 0; i < PREDICTIONS; i++) {
      logs[i] = (float) -(4 + text.nextGaussian() + worse + noise * own.nextGaussian());
      divergences[i] = (float) (divergence * own.nextDouble() * 2);
      best[i] = own.nextDouble() < sameTop ? 0 : 1;
    }
    Scores scores = new Scores(PREDICTIONS, compared);
    scores.addLogProbabilities(logs);
    if (compared) {
      scores.addComparison(divergences, best, new int[PREDICTIONS]);
    }
    return scores;
  }

  private void add(long bytes, Scores own, Optional<EvalReport.Divergence> divergence) {
    String name = "model " + results.size();
    scores.add(own);
    results.add(
        new EvalReport.Result(
            name, name, "", bytes, 2048, 1, PREDICTIONS, own.perplexity(), divergence, 1));
  }

  private EvalReport.Best best(boolean comparable) {
    return Ranking.of(results, scores, comparable, FLOOR);
  }

  @Test
  void oneModelIsNotTheBestOfAnything() {
    model(100, 0, 0);

    assertThat(best(true)).isEqualTo(EvalReport.Best.NONE);
  }

  @Test
  void theLowestPerplexityIsBestThoughBothErrorsAreLarger() {
    model(100, 0, 0.01);
    model(50, 0.01, 0.01);

    EvalReport.Best best = best(true);
    // Of each perplexity the error is 2 %, since texts vary; of their difference 0.03 %.
    assertThat(results.getFirst().perplexity().error()).isGreaterThan(1);
    assertThat(best.perplexity()).containsExactly(0);
    assertThat(best.size()).containsExactly(1);
    assertThat(best.mean()).isEmpty();
  }

  @Test
  void modelsThatDifferByNoiseTie() {
    model(100, 0, 0.1);
    model(100, 1e-4, 0.1);
    model(200, 0.5, 0.1);

    EvalReport.Best best = best(true);
    assertThat(best.perplexity()).containsExactly(0, 1);
    assertThat(best.size()).containsExactly(0, 1);
  }

  @Test
  void perplexitiesOfOtherTokensDoNotCompare() {
    model(100, 0, 0.1);
    model(50, 1, 0.1);

    assertThat(best(false).perplexity()).isEmpty();
    assertThat(best(false).size()).containsExactly(1);
  }

  @Test
  void eachColumnOfDivergencesHasItsBest() {
    model(400, 0, 0);
    compared(300, 0, 0.001, 0.98);
    compared(200, 0.02, 0.01, 0.9);

    EvalReport.Best best = best(true);
    assertThat(best.mean()).containsExactly(1);
    assertThat(best.median()).containsExactly(1);
    assertThat(best.percentile99()).containsExactly(1);
    assertThat(best.sameTop()).containsExactly(1);
    assertThat(best.size()).containsExactly(2);
  }

  @Test
  void belowTheNoiseFloorAllAreEqual() {
    model(400, 0, 0);
    compared(300, 0, FLOOR / 2, 0.999);
    compared(200, 0, FLOOR / 20, 0.999);

    EvalReport.Best best = best(true);
    assertThat(best.mean()).containsExactly(1, 2);
    assertThat(best.median()).containsExactly(1, 2);
    assertThat(best.percentile99()).containsExactly(1, 2);
  }

  /** The baseline has no divergence from itself, so a single other model has no rival. */
  @Test
  void aSingleComparedModelIsNotBest() {
    model(400, 0, 0);
    compared(300, 0, 0.001, 0.98);

    assertThat(best(true).mean()).isEmpty();
    assertThat(best(true).sameTop()).isEmpty();
  }
}
