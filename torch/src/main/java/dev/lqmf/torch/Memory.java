package dev.lqmf.torch;

import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.FusedMultiplyAdd;
import dev.lqmf.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * Bytes that the weights of a model take.
 *
 * @param blocks all of them
 * @param largestBlock the largest, unpacked
 * @param tables token embedding and head
 */
record Memory(long blocks, long largestBlock, long tables) {

  /**
   * Counts.
   *
   * @param packs whether layers that are stored packed stay so, and tables in the type they are
   *     stored in
   */
  static Memory of(Network network, ModuleWeights weights, Precision precision, boolean packs) {
    long blocks = 0;
    long largest = 0;
    for (Block block : network.blocks()) {
      long plain = 0;
      for (Linear linear : block.inputGroups().stream().flatMap(List::stream).toList()) {
        long bytes = linear.elements() * precision.bytes();
        plain += bytes;
        blocks +=
            packs && weights.find(linear.weight()).orElse(null) instanceof PackedWeights packed
                ? packed.packedBytes()
                : bytes;
      }
      largest = Math.max(largest, plain);
    }
    var embedding = network.last().embedding();
    Optional<Weights> table = weights.find(embedding.module() + ".weight");
    long elements = (long) embedding.vocabulary() * embedding.width();
    long tables = tableBytes(elements, table, precision, packs);
    if (!network.head().tied()) {
      Linear projection = network.head().projection();
      tables +=
          tableBytes(projection.elements(), weights.find(projection.weight()), precision, packs);
    }
    return new Memory(blocks, largest, tables);
  }

  private static long tableBytes(
      long elements, Optional<Weights> stored, Precision precision, boolean packs) {
    if (packs && stored.orElse(null) instanceof PackedWeights packed) {
      return packed.packedBytes();
    }
    boolean half = packs && stored.filter(s -> isHalf(s, precision)).isPresent();
    return elements * (half ? Short.BYTES : precision.bytes());
  }

  /** Whether numbers are stored in 16 bits, and computed with in 32. */
  static boolean isHalf(Weights stored, Precision precision) {
    boolean half = stored.type() == TensorType.F16 || stored.type() == TensorType.BF16;
    return half && precision == Precision.FLOAT32;
  }

  /** Whether layers of a model stay packed: on a CPU that is fast so, those that are stored so. */
  static boolean packs(Network network, ModuleWeights weights, TorchOptions options) {
    return options.device() == ComputeDevice.CPU
        && FusedMultiplyAdd.isFast()
        && network
            .linears()
            .anyMatch(l -> weights.find(l.weight()).orElse(null) instanceof PackedWeights);
  }

  long total() {
    return blocks + tables;
  }
}
