package dev.lqmf.model.network;

import java.util.ArrayList;
import java.util.List;

/**
 * Rotation of queries and keys by an angle of position × frequency.
 *
 * @param dimensions elements of a head that are rotated, the first ones; even
 * @param interleaved whether elements 2i and 2i + 1 are a pair; otherwise i and i + dimensions / 2
 * @param attentionFactor by which sine and cosine are multiplied (YaRN, LongRoPE), else 1
 * @param frequencies radians per position
 */
public record Rotary(
    int dimensions, boolean interleaved, double attentionFactor, Frequencies frequencies) {

  /** Radians per position of each pair; may depend on how long the sequence has become. */
  public sealed interface Frequencies permits Fixed, ByLength, Dynamic {

    /**
     * The frequencies for a sequence.
     *
     * @param length tokens in it, those in the KV cache included
     * @return dimensions / 2 of them
     */
    List<Float> at(long length);
  }

  /** The same for all lengths. */
  public record Fixed(List<Float> values) implements Frequencies {
    /** Copies the list. */
    public Fixed {
      values = List.copyOf(values);
    }

    @Override
    public List<Float> at(long length) {
      return values;
    }
  }

  /**
   * LongRoPE: one set up to the length of the training, another beyond.
   *
   * @param trained the longest sequence of the first set
   */
  public record ByLength(List<Float> upTo, List<Float> beyond, long trained)
      implements Frequencies {
    /** Copies the lists. */
    public ByLength {
      upTo = List.copyOf(upTo);
      beyond = List.copyOf(beyond);
    }

    @Override
    public List<Float> at(long length) {
      return length > trained ? beyond : upTo;
    }
  }

  /**
   * Dynamic NTK: beyond the length of the training, the base grows with the sequence (Transformers,
   * {@code _compute_dynamic_ntk_parameters}).
   *
   * @param theta the base
   * @param dimensions elements rotated
   * @param factor how fast the base grows
   * @param trained the longest sequence with the base itself
   */
  public record Dynamic(double theta, int dimensions, double factor, long trained)
      implements Frequencies {
    @Override
    public List<Float> at(long length) {
      double stretch = factor * Math.max(length, trained) / trained - (factor - 1);
      double base = theta * Math.pow(stretch, dimensions / (dimensions - 2.0));
      List<Float> values = new ArrayList<>();
      for (int i = 0; i < dimensions; i += 2) {
        values.add((float) (1 / Math.pow(base, (double) i / dimensions)));
      }
      return List.copyOf(values);
    }
  }
}
