package dev.lqmf.model.network;

import java.util.List;

/**
 * One layer of a model.
 *
 * @param module name of the layer's module in Transformers, as in {@code model.layers.0}
 * @param sublayers in order
 * @param parallel whether all sublayers read the block's input and their results are added to it
 *     together; otherwise each reads what the one before it wrote
 */
public record Block(String module, List<Sublayer> sublayers, boolean parallel) {

  /** Copies the list. */
  public Block {
    sublayers = List.copyOf(sublayers);
  }

  /** One sublayer after the other. */
  public static Block sequential(String module, Sublayer... sublayers) {
    return new Block(module, List.of(sublayers), false);
  }

  /** Side by side. */
  public static Block parallel(String module, Sublayer... sublayers) {
    return new Block(module, List.of(sublayers), true);
  }

  /** The linear layers that can be quantized, in order; those in one list share their input. */
  public List<List<Linear>> inputGroups() {
    return sublayers.stream().flatMap(s -> s.operation().inputGroups().stream()).toList();
  }
}
