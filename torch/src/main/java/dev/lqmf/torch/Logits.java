package dev.lqmf.torch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Scores of all tokens of the vocabulary at some positions. Stays in native memory; what is asked
 * of it is computed there. Closed by whoever got it.
 */
public final class Logits implements AutoCloseable {
  /** Each {@code [rows, vocabulary]}, float32. */
  private final List<Tensor> parts;

  private final int rows;
  private final int vocabulary;

  /**
   * Takes tensors over.
   *
   * @param parts each {@code [rows, vocabulary]}, float32
   */
  Logits(List<Tensor> parts) {
    this.parts = List.copyOf(parts);
    this.rows = Math.toIntExact(parts.stream().mapToLong(p -> p.size(0)).sum());
    this.vocabulary = Math.toIntExact(parts.getFirst().size(1));
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
    int[] first = new int[parts.size() + 1];
    for (int i = 0; i < parts.size(); i++) {
      first[i + 1] = first[i] + Math.toIntExact(parts.get(i).size(0));
    }
    return each(
        i -> {
          Tensor scores = parts.get(i);
          long[] ids = new long[first[i + 1] - first[i]];
          for (int r = 0; r < ids.length; r++) {
            ids[r] = Objects.checkIndex(tokens[first[i] + r], vocabulary);
          }
          Tensor chosen =
              scores.gather(1, Floats.longs(scores.device(), ids, ids.length, 1)).squeeze(1);
          return chosen.sub(scores.logsumexp(new long[] {1}, false));
        });
  }

  /** One number per row, of all parts in order. */
  private float[] each(IntFunction<Tensor> part) {
    List<Tensor> results;
    try {
      results = LibTorch.parallel(parts.size(), i -> LibTorch.owned(() -> part.apply(i)));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // nothing is read here
    }
    try (PointerScope _ = new PointerScope()) {
      float[] all = new float[rows];
      int at = 0;
      for (Tensor result : results) {
        float[] some = Floats.vector(result);
        System.arraycopy(some, 0, all, at, some.length);
        at += some.length;
      }
      return all;
    } finally {
      results.forEach(Tensor::close);
    }
  }

  /** The token with the largest score, per position; of equal ones the first. */
  public int[] best() {
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      int[] all = new int[rows];
      int at = 0;
      for (Tensor scores : parts) {
        int[] some = Floats.integers(scores.argmax(new LongOptional(1), false));
        System.arraycopy(some, 0, all, at, some.length);
        at += some.length;
      }
      return all;
    }
  }

  /**
   * The Kullback-Leibler divergence of these predictions from those of another model, per position:
   * Σ p(base) · (ln p(base) − ln p(this)), in nats.
   *
   * @param base as many positions of the same vocabulary
   */
  public float[] divergenceFrom(Logits base) {
    boolean alike =
        base.vocabulary == vocabulary
            && base.parts.stream()
                .map(p -> p.size(0))
                .toList()
                .equals(parts.stream().map(p -> p.size(0)).toList());
    if (!alike) {
      throw new IllegalArgumentException(
          "%d × %d against %d × %d".formatted(rows, vocabulary, base.rows, base.vocabulary));
    }
    return each(
        i -> {
          Tensor expected = base.parts.get(i).log_softmax(1);
          Tensor difference = expected.sub(parts.get(i).log_softmax(1));
          return expected.exp_().mul_(difference).sum(new long[] {1}, false, null);
        });
  }

  /** The scores of one position. */
  public float[] row(int index) {
    Objects.checkIndex(index, rows);
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      int at = index;
      for (Tensor part : parts) {
        if (at < part.size(0)) {
          return Floats.vector(part.select(0, at));
        }
        at -= Math.toIntExact(part.size(0));
      }
      throw new IndexOutOfBoundsException(index);
    }
  }

  /** All scores, for tests and small vocabularies. */
  public float[][] toArrays() {
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      return Floats.matrix(LibTorch.concat(0, parts.toArray(Tensor[]::new)));
    }
  }

  @Override
  public void close() {
    parts.forEach(Tensor::close);
  }
}
