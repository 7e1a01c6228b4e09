package dev.lqmf.factory.memory;

import java.util.List;

/**
 * Linear regression that begins from what is believed and is moved by what is observed. The
 * coefficients have independent normal priors; the noise has the standard deviation given, until
 * the observations tell another.
 */
final class BayesianRegression {
  /** As many observations as the belief about the noise is worth. */
  private static final double NOISE_WEIGHT = 4;

  private final double[] mean;
  private final double[][] covariance;
  private final double variance;

  private BayesianRegression(double[] mean, double[][] covariance, double variance) {
    this.mean = mean;
    this.covariance = covariance;
    this.variance = variance;
  }

  /**
   * What is believed of one coefficient.
   *
   * @param mean the likeliest value
   * @param deviation how far off it may be
   */
  record Belief(double mean, double deviation) {}

  /**
   * One observation.
   *
   * @param features as many as there are coefficients
   * @param outcome what came of them
   */
  record Observation(double[] features, double outcome) {}

  /**
   * An estimate.
   *
   * @param mean the likeliest outcome
   * @param deviation standard deviation of an outcome from it, noise included
   */
  record Estimate(double mean, double deviation) {}

  /**
   * Fits the coefficients.
   *
   * @param noise believed standard deviation of the outcomes, above 0
   */
  static BayesianRegression fit(
      List<Belief> beliefs, double noise, List<Observation> observations) {
    BayesianRegression first = fit(beliefs, observations, noise * noise);
    double squares = NOISE_WEIGHT * noise * noise;
    for (Observation observation : observations) {
      double residual = observation.outcome() - dot(first.mean, observation.features());
      squares += residual * residual;
    }
    // Once more, with the noise that is seen: noisy observations move the belief less.
    return fit(beliefs, observations, squares / (NOISE_WEIGHT + observations.size()));
  }

  private static BayesianRegression fit(
      List<Belief> beliefs, List<Observation> observations, double variance) {
    int n = beliefs.size();
    double[][] precision = new double[n][n];
    double[] pull = new double[n];
    for (int i = 0; i < n; i++) {
      double weight = 1 / (beliefs.get(i).deviation() * beliefs.get(i).deviation());
      precision[i][i] = weight;
      pull[i] = weight * beliefs.get(i).mean();
    }
    for (Observation observation : observations) {
      double[] x = observation.features();
      for (int i = 0; i < n; i++) {
        pull[i] += x[i] * observation.outcome() / variance;
        for (int j = 0; j < n; j++) {
          precision[i][j] += x[i] * x[j] / variance;
        }
      }
    }
    double[][] covariance = inverse(precision);
    double[] mean = new double[n];
    for (int i = 0; i < n; i++) {
      mean[i] = dot(covariance[i], pull);
    }
    return new BayesianRegression(mean, covariance, variance);
  }

  /** The outcome to expect. */
  Estimate estimate(double[] features) {
    double uncertain = 0;
    for (int i = 0; i < mean.length; i++) {
      uncertain += features[i] * dot(covariance[i], features);
    }
    return new Estimate(dot(mean, features), Math.sqrt(uncertain + variance));
  }

  double coefficient(int index) {
    return mean[index];
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** By Gauss and Jordan; positive definite matrices need no pivots. */
  private static double[][] inverse(double[][] matrix) {
    int n = matrix.length;
    double[][] work = new double[n][2 * n];
    for (int i = 0; i < n; i++) {
      System.arraycopy(matrix[i], 0, work[i], 0, n);
      work[i][n + i] = 1;
    }
    for (int i = 0; i < n; i++) {
      double pivot = work[i][i];
      for (int k = 0; k < 2 * n; k++) {
        work[i][k] /= pivot;
      }
      for (int j = 0; j < n; j++) {
        double factor = work[j][i];
        if (j != i && factor != 0) {
          for (int k = 0; k < 2 * n; k++) {
            work[j][k] -= factor * work[i][k];
          }
        }
      }
    }
    double[][] inverse = new double[n][n];
    for (int i = 0; i < n; i++) {
      System.arraycopy(work[i], n, inverse[i], 0, n);
    }
    return inverse;
  }
}
