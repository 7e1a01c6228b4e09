package dev.lqmf.factory.plan;

/**
 * Memory that a running model takes, in bytes.
 *
 * @param weights all tensors
 * @param cache keys and values at the whole context
 * @param compute activations
 * @param reserve what the driver or the program takes for itself
 */
public record MemoryUse(long weights, long cache, long compute, long reserve) {

  public long total() {
    return weights + cache + compute + reserve;
  }
}
