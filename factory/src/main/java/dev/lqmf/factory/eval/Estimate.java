package dev.lqmf.factory.eval;

/**
 * A number that was estimated from a sample.
 *
 * @param value the estimate
 * @param error its standard error, at least 0
 */
public record Estimate(double value, double error) {

  /** The exponential, its error carried over to first order. */
  Estimate exp() {
    double e = Math.exp(value);
    return new Estimate(e, e * error);
  }
}
