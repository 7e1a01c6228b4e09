package dev.lqmf.factory.doctor;

import java.util.List;

/**
 * How far a model's tensors are from another model's.
 *
 * @param origin the other model
 * @param tensors by Transformers' names, in the order of the model
 * @param median of the errors that are not zero; 0 if all are
 * @param missing names that the other model has not
 */
public record Comparison(
    String origin, List<TensorError> tensors, double median, List<String> missing) {
  /** As many medians away a tensor is an outlier, if it is also worse than {@link #SMALL}. */
  private static final double FAR = 4;

  private static final double SMALL = 0.02;

  /**
   * A tensor's distance from the original.
   *
   * @param name Transformers' name
   * @param elements number of weights
   * @param relative ‖w − o‖ / ‖o‖
   */
  public record TensorError(String name, long elements, double relative) {}

  /** Copies the lists. */
  public Comparison {
    tensors = List.copyOf(tensors);
    missing = List.copyOf(missing);
  }

  /** Of those tensors. */
  static Comparison of(String origin, List<TensorError> tensors, List<String> missing) {
    double[] errors =
        tensors.stream().mapToDouble(TensorError::relative).filter(e -> e > 0).sorted().toArray();
    double median = errors.length == 0 ? 0 : errors[errors.length / 2];
    return new Comparison(origin, tensors, median, missing);
  }

  /** Tensors much farther from the original than most, or farther than nothing at all. */
  public List<TensorError> outliers() {
    return tensors.stream()
        .filter(t -> !(t.relative() < 1) || (t.relative() > FAR * median && t.relative() > SMALL))
        .toList();
  }

  /** The largest error. */
  public double largest() {
    return tensors.stream().mapToDouble(TensorError::relative).max().orElse(0);
  }
}
