package dev.lqmf.model.network;

import dev.lqmf.model.view.Weights;
import java.util.Optional;

/**
 * The weights of a {@link Network}, by Transformers' names of its tensors, as plain numbers.
 * However they are stored: an implementation may unpack a quantized format while it is read, and
 * should then do so range by range. Safe for use by several threads.
 */
public interface ModuleWeights {

  /**
   * A tensor.
   *
   * @param name as in {@code model.layers.0.self_attn.q_proj.weight}
   * @return its elements; empty if there is none of that name
   */
  Optional<Weights> find(String name);

  /** Where the weights come from, for messages. */
  String origin();
}
