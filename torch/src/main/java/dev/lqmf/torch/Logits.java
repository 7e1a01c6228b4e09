package dev.lqmf.torch;

import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Scores of all tokens of the vocabulary at some positions. Stays in native memory; what is asked
 * of it is computed there. Closed by whoever got it.
 */
public final class Logits implements AutoCloseable {
  private final Tensor scores;
  private final int rows;
  private final int vocabulary;

  /**
   * Takes a tensor over.
   *
   * @param scores {@code [rows, vocabulary]}, float32
   */
  Logits(Tensor scores) {
    this.scores = scores;
    this.rows = Math.toIntExact(scores.size(0));
    this.vocabulary = Math.toIntExact(scores.size(1));
  }

  /** Positions. */
  public int rows() {
    return rows;
  }

  /** Tokens that have a score. */
  public int vocabulary() {
    return vocabulary;
  }

  /**
   * The natural logarithm of the probability of one token per position.
   *
   * @param tokens as many as there are rows
   */
  public float[] logProbabilities(int[] tokens) {
    if (tokens.length != rows) {
      throw new IllegalArgumentException(tokens.length + " tokens for " + rows + " rows");
    }
    long[] ids = new long[rows];
    for (int r = 0; r < rows; r++) {
      ids[r] = Objects.checkIndex(tokens[r], vocabulary);
    }
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      Tensor chosen = scores.gather(1, Floats.longs(scores.device(), ids, rows, 1)).squeeze(1);
      return Floats.vector(chosen.sub(scores.logsumexp(new long[] {1}, false)));
    }
  }

  /** The token with the largest score, per position; of equal ones the first. */
  public int[] best() {
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      return Floats.integers(scores.argmax(new LongOptional(1), false));
    }
  }

  /**
   * The Kullback-Leibler divergence of these predictions from those of another model, per position:
   * Σ p(base) · (ln p(base) − ln p(this)), in nats.
   *
   * @param base as many positions of the same vocabulary
   */
  public float[] divergenceFrom(Logits base) {
    if (base.rows != rows || base.vocabulary != vocabulary) {
      throw new IllegalArgumentException(
          "%d × %d against %d × %d".formatted(rows, vocabulary, base.rows, base.vocabulary));
    }
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      Tensor expected = base.scores.log_softmax(1);
      Tensor difference = expected.sub(scores.log_softmax(1));
      return Floats.vector(expected.exp_().mul_(difference).sum(new long[] {1}, false, null));
    }
  }

  /** The scores of one position. */
  public float[] row(int index) {
    Objects.checkIndex(index, rows);
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      return Floats.vector(scores.select(0, index));
    }
  }

  /** All scores, for tests and small vocabularies. */
  public float[][] toArrays() {
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      return Floats.matrix(scores);
    }
  }

  @Override
  public void close() {
    scores.close();
  }
}
