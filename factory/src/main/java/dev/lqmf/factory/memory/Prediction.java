package dev.lqmf.factory.memory;

/**
 * What a run may be expected to give.
 *
 * @param value the likeliest
 * @param low one run in six comes below
 * @param high one run in six comes above
 * @param experiments from how many it was learned; 0 if from what LQMF ships alone
 */
public record Prediction(double value, double low, double high, int experiments) {

  /** Of the logarithm's estimate. */
  static Prediction ofLogarithm(BayesianRegression.Estimate logarithm, int experiments) {
    double mean = logarithm.mean();
    double deviation = logarithm.deviation();
    return new Prediction(
        Math.exp(mean), Math.exp(mean - deviation), Math.exp(mean + deviation), experiments);
  }
}
