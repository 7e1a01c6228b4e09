package dev.lqmf.torch;

import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Network;

/**
 * Bytes that the weights of a model take.
 *
 * @param blocks all of them
 * @param largestBlock the largest
 * @param tables token embedding and head
 */
record Memory(long blocks, long largestBlock, long tables) {

  static Memory of(Network network, Precision precision) {
    long blocks = 0;
    long largest = 0;
    for (Block block : network.blocks()) {
      long bytes =
          block.inputGroups().stream()
                  .flatMap(java.util.List::stream)
                  .mapToLong(Linear::elements)
                  .sum()
              * precision.bytes();
      blocks += bytes;
      largest = Math.max(largest, bytes);
    }
    var embedding = network.last().embedding();
    long tables = (long) embedding.vocabulary() * embedding.width() * precision.bytes();
    if (!network.head().tied()) {
      tables += network.head().projection().elements() * precision.bytes();
    }
    return new Memory(blocks, largest, tables);
  }

  long total() {
    return blocks + tables;
  }
}
