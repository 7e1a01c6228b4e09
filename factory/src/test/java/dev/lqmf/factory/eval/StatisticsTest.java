package dev.lqmf.factory.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Expected values are NumPy's. */
class StatisticsTest {
  private static final float[] X = {0.5f, 1.25f, -2, 3.5f, 0.75f, 4, -1.5f, 2.25f};
  private static final float[] Y = {0.25f, 1.5f, -2.5f, 3, 1, 3.5f, -1, 2};

  @Test
  void aMeanHasTheStandardErrorOfItsSample() {
    Estimate mean = Statistics.mean(X);

    assertThat(mean.value()).isEqualTo(1.09375);
    assertThat(mean.error()).isCloseTo(0.7602535702457626, within(1e-12));
  }

  @Test
  void whatTwoModelsHaveInCommonIsNoError() {
    Estimate difference = Statistics.meanDifference(X, Y);

    assertThat(difference.value()).isCloseTo(0.125, within(1e-12));
    assertThat(difference.error()).isCloseTo(0.1417366773784602, within(1e-12));
  }

  @Test
  void anExponentialCarriesItsErrorAlong() {
    Estimate perplexity = Statistics.mean(X).exp();

    assertThat(perplexity.value()).isCloseTo(2.9854485394, within(1e-9));
    assertThat(perplexity.error()).isCloseTo(2.9854485394 * 0.7602535702, within(1e-8));
  }

  @Test
  void quantilesLieBetweenTheNearestValues() {
    float[] sorted = Statistics.sorted(X);

    assertThat(Statistics.quantile(sorted, 0)).isEqualTo(-2);
    assertThat(Statistics.quantile(sorted, 0.3)).isCloseTo(0.525, within(1e-7));
    assertThat(Statistics.quantile(sorted, 0.5)).isEqualTo(1);
    assertThat(Statistics.quantile(sorted, 0.99)).isCloseTo(3.965, within(1e-7));
    assertThat(Statistics.quantile(sorted, 1)).isEqualTo(4);
    assertThat(X[0]).as("the values stay in their order").isEqualTo(0.5f);
  }

  /** Of 100 values the median lies within ± 10 places, and nothing lies beyond the ends. */
  @Test
  void quantilesHaveARangeThatTheNumberOfValuesAllows() {
    float[] sorted = new float[100];
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = i;
    }

    double[] median = Statistics.quantileRange(sorted, 0.5);
    assertThat(median[0]).isCloseTo(0.4 * 99, within(1e-6));
    assertThat(median[1]).isCloseTo(0.6 * 99, within(1e-6));
    assertThat(Statistics.quantileRange(sorted, 0.99)[1]).isEqualTo(99);
  }

  @Test
  void aSingleValueHasNoSpread() {
    assertThat(Statistics.mean(new float[] {3})).isEqualTo(new Estimate(3, 0));
  }
}
