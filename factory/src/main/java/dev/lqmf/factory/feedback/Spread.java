package dev.lqmf.factory.feedback;

import java.util.List;

/**
 * What several runs gave.
 *
 * @param median the middle one, or the mean of the middle two
 * @param min the least
 * @param max the most
 */
public record Spread(double median, double min, double max) {

  /**
   * Of some values.
   *
   * @param values at least one
   */
  public static Spread of(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1]);
  }
}
