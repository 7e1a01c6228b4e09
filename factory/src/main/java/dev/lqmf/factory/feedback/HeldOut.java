package dev.lqmf.factory.feedback;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How well a model predicts the test split of WikiText-2, as {@code lqmf eval} measures it.
 *
 * @param perplexity e to the mean of −ln p(token)
 * @param error its standard error
 * @param predictions how many it is the mean of
 * @param vocabulary tokens that there are to choose from
 * @param closeness to the baseline; absent without one
 */
public record HeldOut(
    double perplexity,
    double error,
    int predictions,
    int vocabulary,
    Optional<Closeness> closeness) {

  /**
   * Distance from a baseline.
   *
   * @param divergence mean Kullback-Leibler divergence, in nats
   * @param sameTop share of predictions in which both find the same token likeliest
   * @param selfPerplexity perplexity of the model's own answers under the baseline; absent if it
   *     gave none
   */
  public record Closeness(double divergence, double sameTop, OptionalDouble selfPerplexity) {}

  /**
   * {@code 1 − ln(perplexity) / ln(vocabulary)}: 1 for a model that knows every token, 0 for one
   * that guesses, or does worse.
   */
  public double prediction() {
    return Math.clamp(1 - Math.log(perplexity) / Math.log(vocabulary), 0, 1);
  }
}
