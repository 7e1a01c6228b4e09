package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.Transform;
import dev.lqmf.model.view.JoinedWeights;
import dev.lqmf.model.view.MappedWeights;
import dev.lqmf.model.view.PermutedRows;
import dev.lqmf.model.view.SlicedWeights;
import dev.lqmf.model.view.TransposedWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.model.view.ZeroWeights;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;

/** Changes of a tensor's elements that several families need. */
final class Transforms {
  /** Conv1D keeps weights as {@code [in, out]}; a bias stays as it is. */
  static final Transform CONV1D = Transform.of(Transforms::transposed, Transforms::transposed);

  /** Gemma's norms multiply by 1 + weight, llama.cpp's by the weight. */
  static final Transform PLUS_ONE =
      Transform.of(
          (weights, _) -> new MappedWeights(weights, x -> x + 1),
          (weights, _) -> new MappedWeights(weights, x -> x - 1));

  /**
   * Queries, keys and values that alternate head by head, {@code [heads, 3, head, …]}, become all
   * queries, all keys, all values: {@code [3, heads, head, …]}.
   */
  static final Transform INTERLEAVED_QKV =
      rows(
          context -> heads(context.config()),
          (heads, head) ->
              row -> {
                long part = row / (heads * head);
                long h = row / head % heads;
                return (h * 3 + part) * head + row % head;
              },
          (heads, head) ->
              row -> {
                long h = row / (3 * head);
                long part = row / head % 3;
                return (part * heads + h) * head + row % head;
              });

  /**
   * RoBERTa counts positions from one after the padding token; llama.cpp from zero, so the rows
   * before are not kept. Back, they are zeros.
   */
  static final Transform POSITIONS =
      Transform.of(
          (weights, context) -> {
            long offset = positionOffset(context.config());
            return new SlicedWeights(weights, offset, rows(weights) - offset);
          },
          (weights, context) -> {
            long[] dims = weights.shape().toArray();
            dims[0] = positionOffset(context.config());
            Weights unused = new ZeroWeights(weights.type(), Shape.of(dims));
            return JoinedWeights.concatenated(List.of(unused, weights));
          });

  private Transforms() {}

  /** Which row of RoBERTa's position embedding is the first one used. */
  static long positionOffset(HfConfig config) {
    return config.integer("pad_token_id").stream().map(id -> id + 1).findFirst().orElse(0);
  }

  /** A transform for some configurations only. */
  static Transform unless(Predicate<HfConfig> condition, Transform transform) {
    return Transform.of(
        (weights, context) ->
            condition.test(context.config()) ? weights : transform.apply(weights, context),
        (weights, context) ->
            condition.test(context.config()) ? weights : transform.invert(weights, context));
  }

  /** The order of rows of queries, keys and values of some number of heads. */
  @FunctionalInterface
  private interface HeadOrder {
    PermutedRows.Order of(long heads, long headRows);
  }

  private static Transform rows(
      ToLongFunction<ModelContext> count, HeadOrder forward, HeadOrder backward) {
    return Transform.of(
        (weights, context) -> fused(weights, count.applyAsLong(context), forward),
        (weights, context) -> fused(weights, count.applyAsLong(context), backward));
  }

  private static Weights fused(Weights weights, long heads, HeadOrder order) {
    long rows = rows(weights);
    if (rows % (3 * heads) != 0) {
      throw new IllegalArgumentException(
          "%d rows are not queries, keys and values of %d heads".formatted(rows, heads));
    }
    return new PermutedRows(weights, order.of(heads, rows / (3 * heads)));
  }

  private static Weights transposed(Weights weights, ModelContext context) {
    return weights.shape().rank() == 2 ? new TransposedWeights(weights) : weights;
  }

  /**
   * Rotary halves as rotary pairs, head by head; see {@link PermutedRows#rotaryPairs}.
   *
   * @param heads configuration key of the number of heads
   */
  static Transform rotary(String heads) {
    return Transform.of(
        (weights, context) ->
            new PermutedRows(
                weights, PermutedRows.rotaryPairs(headRows(weights, heads, context.config()))),
        (weights, context) ->
            new PermutedRows(
                weights, PermutedRows.rotaryHalves(headRows(weights, heads, context.config()))));
  }

  private static long headRows(Weights weights, String heads, HfConfig config) {
    long count = config.integer(heads).orElseGet(() -> config.count("num_attention_heads"));
    long rows = rows(weights);
    if (count <= 0 || count > rows || rows % (2 * count) != 0) {
      throw new InputException(
          "%s: %s is %d, but the projection has %d rows, which that does not divide into heads"
              .formatted(config.file(), heads, count, rows),
          "check that the configuration belongs to these weights");
    }
    return rows / count;
  }

  static long heads(HfConfig config) {
    return config.count("num_attention_heads", "n_head", "num_heads");
  }

  private static long rows(Weights weights) {
    return weights.shape().rank() == 0 ? 0 : weights.shape().dim(0);
  }
}
