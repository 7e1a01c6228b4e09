package dev.lqmf.torch;

import dev.lqmf.model.network.Embedding;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.List;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** An embedding with its weights; rows of the token table may stay in the file. */
final class EmbeddingModule {
  private final Embedding embedding;
  private final TensorLoader loader;
  private final @Nullable Tensor tokens;
  private final @Nullable Tensor positions;
  private final @Nullable Tensor types;
  private final @Nullable LinearModule projection;
  private final @Nullable NormModule norm;

  private EmbeddingModule(
      Embedding embedding, TensorLoader loader, @Nullable Tensor tokens, int width, Owner owner)
      throws IOException {
    this.embedding = embedding;
    this.loader = loader;
    this.tokens = tokens;
    try (PointerScope _ = new PointerScope()) {
      this.positions =
          embedding.positions().isPresent()
              ? owner.keep(
                  loader.load(
                      embedding.positions().get().module() + ".weight",
                      embedding.positions().get().count(),
                      width))
              : null;
      this.types =
          embedding.types().isPresent()
              ? owner.keep(types(embedding.types().get() + ".weight", width))
              : null;
    }
    this.projection =
        embedding.projection().isPresent()
            ? LinearModule.load(List.of(embedding.projection().get()), loader, owner)
            : null;
    this.norm =
        embedding.norm().isPresent()
            ? NormModule.load(embedding.norm().get(), loader, owner)
            : null;
  }

  private Tensor types(String name, int width) throws IOException {
    long kinds = loader.find(name).map(w -> w.shape().matrixRows()).orElse(0L);
    return loader.load(name, kinds, width);
  }

  /**
   * Loads all but the token table.
   *
   * @param tokens the token table; null: rows are read when they are needed
   * @param width of the blocks
   */
  static EmbeddingModule load(
      Embedding embedding, TensorLoader loader, @Nullable Tensor tokens, int width, Owner owner)
      throws IOException {
    return new EmbeddingModule(embedding, loader, tokens, width, owner);
  }

  /**
   * The hidden state that the first block reads.
   *
   * @param ids a token of each position of each sequence
   * @param kinds token types, shaped like the ids; empty: all 0
   * @param past positions before the first
   * @return {@code [sequences, tokens, width]}; belongs to the enclosing scope
   * @throws InputException if a token or a position does not exist
   */
  Tensor apply(int[][] ids, int[][] kinds, int past) throws IOException {
    int length = ids[0].length;
    long[] flat = new long[ids.length * length];
    for (int s = 0; s < ids.length; s++) {
      for (int t = 0; t < length; t++) {
        int id = ids[s][t];
        if (id < 0 || id >= embedding.vocabulary()) {
          throw new InputException(
              "the token %d does not exist: the model has %d".formatted(id, embedding.vocabulary()),
              "use the tokenizer that belongs to the model");
        }
        flat[s * length + t] = id;
      }
    }
    Tensor x = tokenRows(flat).view(ids.length, length, embedding.width());
    if (embedding.scale() != 1) {
      // Rounded to the type of the weights, as Transformers does.
      x =
          x.mul(
              torch
                  .full(
                      new long[] {1},
                      new Scalar(embedding.scale()),
                      new TensorOptions(loader.precision().type()))
                  .to(loader.device(), loader.precision().type()));
    }
    if (projection != null) {
      x = projection.apply(x);
    }
    if (norm != null && embedding.normFirst()) {
      x = norm.apply(x);
    }
    if (positions != null) {
      x =
          x.add(
              torch.embedding(
                  positions,
                  Floats.longs(loader.device(), positionRows(ids, past), ids.length, length)));
    }
    if (types != null) {
      long[] rows = new long[flat.length];
      for (int i = 0; i < rows.length && kinds.length > 0; i++) {
        rows[i] = kinds[i / length][i % length];
        if (rows[i] < 0 || rows[i] >= types.size(0)) {
          throw new InputException(
              "the token type %d does not exist: the model has %d"
                  .formatted(rows[i], types.size(0)),
              "use 0, or 1 for the second text of a pair");
        }
      }
      x = x.add(torch.embedding(types, Floats.longs(loader.device(), rows, ids.length, length)));
    }
    return norm != null && !embedding.normFirst() ? norm.apply(x) : x;
  }

  private Tensor tokenRows(long[] ids) throws IOException {
    if (tokens != null) {
      return torch
          .embedding(tokens, Floats.longs(loader.device(), ids, ids.length))
          .to(loader.device(), loader.precision().type());
    }
    // Each row is read once, in the order of the file.
    TreeMap<Long, Integer> distinct = new TreeMap<>();
    for (long id : ids) {
      distinct.put(id, 0);
    }
    Weights table =
        loader.find(embedding.module() + ".weight", embedding.vocabulary(), embedding.width());
    Tensor rows =
        torch
            .empty(
                new long[] {distinct.size(), embedding.width()},
                new TensorOptions(loader.precision().type()),
                null)
            .to(loader.device(), loader.precision().type());
    int next = 0;
    for (var entry : distinct.entrySet()) {
      try (PointerScope _ = new PointerScope()) {
        rows.select(0, next)
            .copy_(loader.read(table, entry.getKey() * embedding.width(), embedding.width()));
      }
      entry.setValue(next++);
    }
    long[] places = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      places[i] = distinct.getOrDefault(ids[i], 0);
    }
    return rows.index_select(0, Floats.longs(loader.device(), places, ids.length));
  }

  private long[] positionRows(int[][] ids, int past) {
    Embedding.Positions p = embedding.positions().orElseThrow();
    int length = ids[0].length;
    int most = p.count() - p.offset();
    if (past + length > most) {
      throw new InputException(
          "%d tokens are too many: the model has positions for %d".formatted(past + length, most),
          "use a shorter text or context");
    }
    long[] rows = new long[ids.length * length];
    for (int s = 0; s < ids.length; s++) {
      int counted = past;
      for (int t = 0; t < length; t++) {
        boolean pads = p.padding().isPresent() && p.padding().getAsInt() == ids[s][t];
        rows[s * length + t] = pads ? p.offset() - 1L : p.offset() + counted++;
      }
    }
    return rows;
  }

  /** The table, if it is in memory. */
  @Nullable Tensor tokens() {
    return tokens;
  }

  /** The type of the result. */
  ScalarType type() {
    return loader.precision().type();
  }
}
