package dev.lqmf.torch;

import static org.assertj.core.api.Assertions.assertThat;

/** Compares results with references. */
final class Differences {
  /** Of the largest number of the reference; float32 and float64 agree to about 1e-6. */
  static final double TOLERANCE = 1e-4;

  /**
   * One thread: tiny operations on two take longer, much longer where the cores are busy. With
   * {@code -Dlqmf.test.device=cuda}, the same comparisons on a GPU.
   */
  static final TorchOptions OPTIONS =
      TorchOptions.DEFAULTS
          .withThreads(1)
          .on(ComputeDevice.named(System.getProperty("lqmf.test.device", "cpu")));

  private Differences() {}

  /** The largest difference, relative to the largest number of the reference. */
  static double relative(float[][] actual, float[][] expected) {
    assertThat(actual.length).isEqualTo(expected.length);
    double largest = 0;
    double difference = 0;
    for (int r = 0; r < expected.length; r++) {
      assertThat(actual[r].length).isEqualTo(expected[r].length);
      for (int c = 0; c < expected[r].length; c++) {
        largest = Math.max(largest, Math.abs(expected[r][c]));
        double d = Math.abs((double) actual[r][c] - expected[r][c]);
        // NaN is different from everything.
        difference = d >= 0 ? Math.max(difference, d) : Double.POSITIVE_INFINITY;
      }
    }
    return difference / largest;
  }
}
