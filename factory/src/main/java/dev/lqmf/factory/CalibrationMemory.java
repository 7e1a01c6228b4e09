package dev.lqmf.factory;

import dev.lqmf.factory.calibration.CalibrationTokens;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Network;
import java.util.List;

/** What calibrating has in main memory at least, beside the program, in 32 bits. */
final class CalibrationMemory {
  private CalibrationMemory() {}

  /**
   * Bytes of a pass block by block: the linear layers of one block, and the hidden states of all
   * calibration tokens before and after it.
   */
  static long pass(Network network, CalibrationTokens tokens) {
    long block = network.blocks().stream().mapToLong(CalibrationMemory::weights).max().orElse(0);
    long states = 2L * tokens.count() * tokens.length() * network.last().width();
    return Float.BYTES * (block + states);
  }

  /** Bytes of {@link dev.lqmf.torch.gptq.GptqRun}: a pass, and a Hessian with its factor. */
  static long gptq(Network network, CalibrationTokens tokens) {
    long inputs = network.linears().mapToLong(Linear::in).max().orElse(0);
    return pass(network, tokens) + Float.BYTES * 2 * inputs * inputs;
  }

  private static long weights(Block block) {
    return block.inputGroups().stream()
        .flatMap(List::stream)
        .mapToLong(l -> (long) l.in() * l.out())
        .sum();
  }
}
