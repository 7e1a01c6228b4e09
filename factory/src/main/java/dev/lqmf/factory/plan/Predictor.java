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
   * @param threads that encode
   */
  record Task(
      String architecture,
      String method,
      String type,
      long weights,
      long inputBytes,
      long outputBytes,
      int threads) {}

  /**
   * A prediction.
   *
   * @param experiments how many past ones it comes from; 0 if from the shipped prior
   */
  record Prediction(Duration time, QualityClass quality, int experiments) {}

  Prediction predict(Task task);
}
