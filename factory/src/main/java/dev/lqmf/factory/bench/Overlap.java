package dev.lqmf.factory.bench;

/**
 * How much two texts have in common.
 *
 * @param precision share of the prediction that the reference has too, 0 to 1
 * @param recall share of the reference that the prediction has too, 0 to 1
 */
public record Overlap(double precision, double recall) {
  /** Nothing in common. */
  static final Overlap NONE = new Overlap(0, 0);

  /**
   * An overlap of counts; nothing in common where one of the texts is empty.
   *
   * @param common what both have
   * @param reference what the reference has
   * @param prediction what the prediction has
   */
  static Overlap of(int common, int reference, int prediction) {
    return reference == 0 || prediction == 0
        ? NONE
        : new Overlap((double) common / prediction, (double) common / reference);
  }

  /** The harmonic mean of precision and recall, 0 to 1. */
  public double f1() {
    double sum = precision + recall;
    return sum > 0 ? 2 * precision * recall / sum : 0;
  }
}
