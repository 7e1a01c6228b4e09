package dev.lqmf.factory.machine;

import dev.lqmf.factory.decide.Device;
import java.util.Optional;

/** Chooses how to work with a model on a machine: device, threads, batch, streaming limit. */
public final class MemoryOptimizer {
  /** What CUDA takes for itself on a card before a model does. */
  public static final long GPU_RESERVE = 500_000_000L;

  /** What the program takes beside a model. */
  public static final long CPU_RESERVE = 250_000_000L;

  /** Below this, reading weights again and again costs more than the memory is worth. */
  private static final long LEAST_STREAMING = 256_000_000L;

  private static final int LARGEST_BATCH = 512;
  private static final int SMALLEST_BATCH = 32;

  private MemoryOptimizer() {}

  /**
   * What a model needs.
   *
   * @param weights bytes
   * @param cache bytes of keys and values at the wanted context
   * @param computePerToken bytes of activations for each token of a batch
   * @param blocks number of blocks, at least 1: what can be placed on a card one by one
   */
  public record Need(long weights, long cache, long computePerToken, int blocks) {

    long compute(int batch) {
      return computePerToken * batch;
    }
  }

  /**
   * How to work.
   *
   * @param device where the model runs, at least in part
   * @param gpuBlocks blocks on the card; all of them, or fewer if it is too small for that
   * @param threads for computing on the CPU: one for each core, as its vector units are shared
   * @param batch tokens of a prompt at a time
   * @param streamingBytes of weights that may be in main memory at a time, where a model is gone
   *     through block by block
   */
  public record Settings(
      Device device, int gpuBlocks, int threads, int batch, long streamingBytes) {}

  /**
   * Chooses.
   *
   * @param wish where the user wants it; a card that is wished for and absent is not used
   */
  public static Settings choose(Machine machine, Need need, Optional<Device> wish) {
    long streaming =
        Math.max(
            Math.min(LEAST_STREAMING, machine.memoryBytes() / 2),
            (machine.freeMemoryBytes() - CPU_RESERVE) / 2);
    if (wish.orElse(Device.GPU) == Device.GPU) {
      long room = machine.roomiestGpu().map(Gpu::freeBytes).orElse(0L) - GPU_RESERVE;
      int batch = batch(need, room - need.weights() - need.cache());
      long perBlock = Math.max(1, (need.weights() + need.cache()) / need.blocks());
      long blocks = Math.min(need.blocks(), (room - need.compute(batch)) / perBlock);
      if (blocks > 0) {
        return new Settings(Device.GPU, (int) blocks, machine.cores(), batch, streaming);
      }
    }
    long room = machine.freeMemoryBytes() - CPU_RESERVE - need.weights() - need.cache();
    return new Settings(Device.CPU, 0, machine.cores(), batch(need, room), streaming);
  }

  /** The largest whose activations fit. */
  private static int batch(Need need, long room) {
    int batch = LARGEST_BATCH;
    while (batch > SMALLEST_BATCH && need.compute(batch) > room) {
      batch /= 2;
    }
    return batch;
  }
}
