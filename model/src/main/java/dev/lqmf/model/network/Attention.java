package dev.lqmf.model.network;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Attention of several heads.
 *
 * @param heads query heads
 * @param keyHeads key and value heads; divides {@code heads}
 * @param headSize elements of a head
 * @param projection to queries, keys, values
 * @param output back to the width of the model
 * @param queryNorm applied to queries before rotation: to each head if its width is {@code
 *     headSize}, else to all heads together
 * @param keyNorm the same for keys
 * @param scale of the scores
 * @param softCap c: scores become c · tanh(score / c)
 * @param window keys that a query can see, itself included
 * @param mask which keys a query can see
 * @param rotary rotation by position
 * @param bias added to the scores, after scaling
 */
public record Attention(
    int heads,
    int keyHeads,
    int headSize,
    Projection projection,
    Linear output,
    Optional<Norm> queryNorm,
    Optional<Norm> keyNorm,
    double scale,
    OptionalDouble softCap,
    OptionalInt window,
    Mask mask,
    Optional<Rotary> rotary,
    Optional<ScoreBias> bias)
    implements Operation {

  /** Which keys a query can see. */
  public enum Mask {
    /** Those up to its own position. */
    CAUSAL,
    /** All of the same sequence. */
    BIDIRECTIONAL,
    /** All of the encoder's output, from which keys and values come too. */
    CROSS
  }

  @Override
  public List<List<Linear>> inputGroups() {
    if (mask == Mask.CROSS && projection instanceof Projection.Separate s) {
      return List.of(List.of(s.query()), List.of(s.key(), s.value()), List.of(output));
    }
    return List.of(projection.linears(), List.of(output));
  }

  /** Begins the description of an attention with as many key heads as heads, scaled as usual. */
  public static Builder of(int heads, int headSize, Projection projection, Linear output) {
    return new Builder(heads, headSize, projection, output);
  }

  /** Collects what is not usual. */
  public static final class Builder {
    private final int heads;
    private final int headSize;
    private final Projection projection;
    private final Linear output;
    private int keyHeads;
    private Optional<Norm> queryNorm = Optional.empty();
    private Optional<Norm> keyNorm = Optional.empty();
    private double scale;
    private OptionalDouble softCap = OptionalDouble.empty();
    private OptionalInt window = OptionalInt.empty();
    private Mask mask = Mask.CAUSAL;
    private Optional<Rotary> rotary = Optional.empty();
    private Optional<ScoreBias> bias = Optional.empty();

    private Builder(int heads, int headSize, Projection projection, Linear output) {
      this.heads = heads;
      this.keyHeads = heads;
      this.headSize = headSize;
      this.projection = projection;
      this.output = output;
      this.scale = 1 / Math.sqrt(headSize);
    }

    public Builder keyHeads(int count) {
      keyHeads = count;
      return this;
    }

    public Builder norms(Norm query, Norm key) {
      queryNorm = Optional.of(query);
      keyNorm = Optional.of(key);
      return this;
    }

    public Builder scale(double factor) {
      scale = factor;
      return this;
    }

    public Builder softCap(OptionalDouble cap) {
      softCap = cap;
      return this;
    }

    public Builder window(OptionalInt keys) {
      window = keys;
      return this;
    }

    public Builder mask(Mask visible) {
      mask = visible;
      return this;
    }

    public Builder rotary(Rotary rotation) {
      rotary = Optional.of(rotation);
      return this;
    }

    public Builder rotary(Optional<Rotary> rotation) {
      rotary = rotation;
      return this;
    }

    public Builder bias(ScoreBias added) {
      bias = Optional.of(added);
      return this;
    }

    public Attention build() {
      return new Attention(
          heads,
          keyHeads,
          headSize,
          projection,
          output,
          queryNorm,
          keyNorm,
          scale,
          softCap,
          window,
          mask,
          rotary,
          bias);
    }
  }
}
