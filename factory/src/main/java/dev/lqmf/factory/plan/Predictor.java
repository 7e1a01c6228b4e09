package dev.lqmf.factory.plan;

import java.time.Duration;

/** Says how long a plan will take and how good its result will be. */
@FunctionalInterface
public interface Predictor {

  /**
   * What is known beforehand.
   *
   * @param architecture family of the model
   * @param method as in {@code gguf}
   * @param type as in {@code Q4_K_M}
   * @param weights number of weights
   * @param inputBytes to be read
   * @param outputBytes to be written
   * @param bitsPerWeight stored
   * @param threads that encode
   */
  record Task(
      String architecture,
      String method,
      String type,
      long weights,
      long inputBytes,
      long outputBytes,
      double bitsPerWeight,
      int threads) {}

  /**
   * A prediction.
   *
   * @param time of the whole run but for downloading
   */
  record Prediction(Duration time, QualityClass quality, Evidence evidence) {}

  /**
   * What a prediction comes from.
   *
   * @param timed past runs that the time comes from; 0: the shipped estimate
   * @param measured past results that the quality comes from; 0: the shipped estimate
   */
  record Evidence(int timed, int measured) {
    /** The shipped estimate alone. */
    public static final Evidence NONE = new Evidence(0, 0);
  }

  Prediction predict(Task task);
}
