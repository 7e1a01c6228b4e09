package dev.lqmf.torch;

import java.util.Arrays;
import java.util.Random;

/** Chooses tokens by their scores. */
final class Sampler {
  private final Sampling sampling;
  private final Random random;

  Sampler(Sampling sampling) {
    this.sampling = sampling;
    // Its sequence is specified, so that a seed gives the same text everywhere.
    this.random =
        sampling.seed().isPresent() ? new Random(sampling.seed().getAsLong()) : new Random();
  }

  /** The token with the largest score; of equal ones the first. */
  static int best(float[] scores) {
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[best]) {
        best = i;
      }
    }
    return best;
  }

  /**
   * Chooses a token.
   *
   * @param scores changed by the penalty
   * @param seen tokens that occurred, each once or more often
   */
  int choose(float[] scores, int[] seen) {
    penalize(scores, seen);
    if (sampling.temperature() == 0) {
      return best(scores);
    }
    Candidates candidates = candidates(scores);
    double sum = 0;
    for (int i = 0; i < candidates.count(); i++) {
      sum += candidates.weights()[i];
    }
    double point = random.nextDouble() * sum;
    for (int i = 0; i < candidates.count(); i++) {
      point -= candidates.weights()[i];
      if (point < 0) {
        return candidates.tokens()[i];
      }
    }
    return candidates.tokens()[0];
  }

  private void penalize(float[] scores, int[] seen) {
    float penalty = (float) sampling.repetitionPenalty();
    if (penalty != 1) {
      for (int token : Arrays.stream(seen).distinct().toArray()) {
        scores[token] = scores[token] < 0 ? scores[token] * penalty : scores[token] / penalty;
      }
    }
  }

  /**
   * Tokens that may be chosen.
   *
   * @param tokens the likeliest first
   * @param weights probabilities but for a common factor
   * @param count of those that count
   */
  record Candidates(int[] tokens, double[] weights, int count) {}

  /** The tokens that the limits leave. */
  Candidates candidates(float[] scores) {
    int[] tokens = descending(scores);
    int count = sampling.topK() == 0 ? tokens.length : Math.min(sampling.topK(), tokens.length);
    double[] weights = new double[count];
    double sum = 0;
    for (int i = 0; i < count; i++) {
      weights[i] =
          Math.exp((scores[tokens[i]] - (double) scores[tokens[0]]) / sampling.temperature());
      sum += weights[i];
    }
    if (sampling.topP() < 1) {
      double before = 0;
      int kept = 0;
      // The token that crosses the limit still counts.
      while (kept < count && (kept == 0 || before < sampling.topP() * sum)) {
        before += weights[kept++];
      }
      count = kept;
    }
    int likely = 1;
    while (likely < count && weights[likely] >= sampling.minP()) {
      likely++;
    }
    return new Candidates(tokens, weights, likely);
  }

  /** All tokens, the likeliest first; of equal ones the one with the smaller id. */
  private static int[] descending(float[] scores) {
    long[] keys = new long[scores.length];
    for (int i = 0; i < keys.length; i++) {
      int bits = Float.floatToIntBits(scores[i]);
      // Ascending as integers, then turned around.
      int ordered = ~(bits >= 0 ? bits : bits ^ Integer.MAX_VALUE);
      keys[i] = ((long) ordered << 32) | i;
    }
    Arrays.sort(keys);
    int[] tokens = new int[keys.length];
    for (int i = 0; i < keys.length; i++) {
      tokens[i] = (int) keys[i];
    }
    return tokens;
  }
}
