package dev.lqmf.model.network;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * From token ids to the hidden state of the first block: {@code norm(projection(scale · tokens[id])
 * + positions[position] + types[type])}.
 *
 * @param module of the token embedding, {@code [vocabulary, width]}
 * @param vocabulary rows
 * @param width columns
 * @param scale by which rows are multiplied
 * @param positions learned positions
 * @param types module of the embedding of token types, if there is one
 * @param projection to the width of the blocks, if that differs
 * @param norm applied last
 * @param normFirst whether the norm is applied before positions are added
 */
public record Embedding(
    String module,
    int vocabulary,
    int width,
    double scale,
    Optional<Positions> positions,
    Optional<String> types,
    Optional<Linear> projection,
    Optional<Norm> norm,
    boolean normFirst) {

  /**
   * A learned vector per position.
   *
   * @param module of the embedding
   * @param count rows, the offset included
   * @param offset row of the first position
   * @param padding a token that gets the row before the offset and does not count as a position
   */
  public record Positions(String module, int count, int offset, OptionalInt padding) {
    /** Every token counts. */
    public Positions(String module, int count, int offset) {
      this(module, count, offset, OptionalInt.empty());
    }
  }

  /** Tokens only. */
  public static Embedding of(String module, int vocabulary, int width) {
    return new Embedding(
        module,
        vocabulary,
        width,
        1,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        false);
  }

  /** With rows multiplied by a factor. */
  public Embedding scaled(double factor) {
    return new Embedding(
        module, vocabulary, width, factor, positions, types, projection, norm, normFirst);
  }

  /** With learned positions. */
  public Embedding with(Positions learned) {
    return new Embedding(
        module, vocabulary, width, scale, Optional.of(learned), types, projection, norm, normFirst);
  }

  /** With token types. */
  public Embedding withTypes(String typeModule) {
    return new Embedding(
        module,
        vocabulary,
        width,
        scale,
        positions,
        Optional.of(typeModule),
        projection,
        norm,
        normFirst);
  }

  /** With a projection to the width of the blocks. */
  public Embedding projected(Linear to) {
    return new Embedding(
        module, vocabulary, width, scale, positions, types, Optional.of(to), norm, normFirst);
  }

  /** With a norm after everything else. */
  public Embedding with(Norm last) {
    return new Embedding(
        module, vocabulary, width, scale, positions, types, projection, Optional.of(last), false);
  }

  /** With a norm before positions are added. */
  public Embedding withFirst(Norm first) {
    return new Embedding(
        module, vocabulary, width, scale, positions, types, projection, Optional.of(first), true);
  }
}
