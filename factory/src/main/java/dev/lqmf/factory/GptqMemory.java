package dev.lqmf.factory;

import dev.lqmf.factory.calibration.CalibrationTokens;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Network;
import java.util.List;

/**
 * What {@link dev.lqmf.torch.gptq.GptqRun} has in memory at least, in 32 bits: the linear layers of
 * one block, the hidden states of all calibration tokens before and after it, and a Hessian with
 * its factor.
 */
final class GptqMemory {
  private GptqMemory() {}

  static long bytes(Network network, CalibrationTokens tokens) {
    long block = network.blocks().stream().mapToLong(GptqMemory::weights).max().orElse(0);
    long states = 2L * tokens.count() * tokens.length() * network.last().width();
    long inputs = network.linears().mapToLong(Linear::in).max().orElse(0);
    return Float.BYTES * (block + states + 2 * inputs * inputs);
  }

  private static long weights(Block block) {
    return block.inputGroups().stream()
        .flatMap(List::stream)
        .mapToLong(l -> (long) l.in() * l.out())
        .sum();
  }
}
