package dev.lqmf.factory.plan;

import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Experts;
import dev.lqmf.model.network.Mlp;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Operation;
import dev.lqmf.model.network.Stack;
import dev.lqmf.model.network.Sublayer;
import dev.lqmf.tensor.gguf.GgufArray;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * As much of a model as decides its memory besides the weights.
 *
 * @param layers attention layers that keep keys and values, in order
 * @param blocks number of blocks
 * @param width of the hidden state
 * @param feedForward width of the MLP
 * @param heads query heads
 * @param vocabulary tokens
 * @param trainedLength context of the training, if it is known
 */
public record ModelShape(
    List<Layer> layers,
    int blocks,
    int width,
    int feedForward,
    int heads,
    int vocabulary,
    OptionalInt trainedLength) {

  public ModelShape {
    layers = List.copyOf(layers);
  }

  /**
   * What one attention layer keeps for every token.
   *
   * @param keys elements
   * @param values elements
   * @param window tokens that it looks back at most, if there is a limit
   */
  public record Layer(int keys, int values, OptionalInt window) {}

  /** The shape of a network. An encoder keeps nothing. */
  public static ModelShape of(Network network) {
    List<Layer> layers = new ArrayList<>();
    int feedForward = 0;
    int heads = 0;
    for (Block block : network.blocks()) {
      for (Sublayer sublayer : block.sublayers()) {
        Operation operation = sublayer.operation();
        if (operation instanceof Attention attention) {
          heads = Math.max(heads, attention.heads());
          if (attention.mask() != Attention.Mask.BIDIRECTIONAL) {
            int elements = attention.keyHeads() * attention.headSize();
            layers.add(new Layer(elements, elements, attention.window()));
          }
        }
        feedForward = Math.max(feedForward, width(operation));
      }
    }
    Stack last = network.last();
    return new ModelShape(
        layers,
        network.blocks().size(),
        last.width(),
        feedForward,
        heads,
        network.vocabulary(),
        network.maxLength().isPresent() ? network.maxLength() : network.trainedLength());
  }

  private static int width(Operation operation) {
    return switch (operation) {
      case Mlp.Plain plain -> plain.up().out();
      case Mlp.Gated gated -> gated.up().out();
      case Mlp.FusedGated fused -> fused.gateUp().out() / 2;
      case Experts experts -> experts.chosen() * experts.experts().getFirst().up().out();
      default -> 0;
    };
  }

  /** The shape that a GGUF's metadata tell: enough for families that LQMF does not compute. */
  public static ModelShape of(GgufMetadata metadata, int vocabulary) {
    String family = metadata.string("general.architecture").orElse("") + ".";
    int blocks = count(metadata, family + "block_count", 1);
    int width = count(metadata, family + "embedding_length", 0);
    int heads = count(metadata, family + "attention.head_count", 1);
    int size = heads == 0 ? 0 : width / heads;
    int keyHeads = count(metadata, family + "attention.head_count_kv", heads);
    boolean causal = metadata.bool(family + "attention.causal").orElse(true);
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; causal && i < blocks; i++) {
      layers.add(
          new Layer(
              keyHeads * count(metadata, family + "attention.key_length", size),
              keyHeads * count(metadata, family + "attention.value_length", size),
              OptionalInt.empty()));
    }
    int trained = count(metadata, family + "context_length", 0);
    return new ModelShape(
        layers,
        blocks,
        width,
        count(metadata, family + "feed_forward_length", 0),
        heads,
        vocabulary,
        trained > 0 ? OptionalInt.of(trained) : OptionalInt.empty());
  }

  /** A number, or the largest of an array with one for each layer. */
  private static int count(GgufMetadata metadata, String key, int otherwise) {
    if (metadata.get(key).orElse(null) instanceof GgufArray array) {
      long largest = otherwise;
      for (int i = 0; i < array.size(); i++) {
        largest = Math.max(i == 0 ? 0 : largest, array.integer(i));
      }
      return Math.clamp(largest, 0, Integer.MAX_VALUE);
    }
    return Math.clamp(metadata.integer(key).orElse(otherwise), 0, Integer.MAX_VALUE);
  }
}
