package dev.lqmf.factory.bench;

import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Sublayer;

/** Memory of kept keys and values. */
public final class KeyValueMemory {
  private static final int BYTES = 2;

  private KeyValueMemory() {}

  /** Bytes per token in 16 bits, whatever windows some layers have. */
  public static long perToken(Network network) {
    long elements = 0;
    for (Block block : network.last().blocks()) {
      for (Sublayer sublayer : block.sublayers()) {
        if (sublayer.operation() instanceof Attention attention) {
          elements += 2L * attention.keyHeads() * attention.headSize();
        }
      }
    }
    return elements * BYTES;
  }
}
