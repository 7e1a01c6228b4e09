package dev.lqmf.factory.machine;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What this machine has at the moment.
 *
 * @param system operating system and its version
 * @param cpu name of the processor
 * @param cores of the processor, at least 1
 * @param threads that it runs at once, at least {@code cores}
 * @param memoryBytes main memory, a container's limit considered
 * @param freeMemoryBytes what of it can be had without swapping
 * @param gpus cards that can compute, in the driver's order
 * @param diskBytes of the file system that results go to
 * @param freeDiskBytes what of it this user may fill
 */
public record Machine(
    String system,
    String cpu,
    int cores,
    int threads,
    long memoryBytes,
    long freeMemoryBytes,
    List<Gpu> gpus,
    long diskBytes,
    long freeDiskBytes) {

  public Machine {
    gpus = List.copyOf(gpus);
  }

  /** The card with the most free memory. */
  public Optional<Gpu> roomiestGpu() {
    return gpus.stream().max(Comparator.comparingLong(Gpu::freeBytes));
  }
}
