package dev.lqmf.model.network;

import java.util.List;
import java.util.Optional;

/**
 * An encoder or a decoder.
 *
 * @param embedding of its tokens
 * @param width of the hidden state between blocks
 * @param blocks in order
 * @param norm after the last block
 */
public record Stack(Embedding embedding, int width, List<Block> blocks, Optional<Norm> norm) {

  /** Copies the list. */
  public Stack {
    blocks = List.copyOf(blocks);
  }
}
