package dev.lqmf.factory.feedback;

import dev.lqmf.factory.machine.GpuUse;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a model's process took of the machine, as far as the system tells.
 *
 * @param peakBytes its largest resident memory
 * @param meanBytes the mean of its resident memory while it answered
 * @param cores processors that it kept busy on average: its processor time by wall time
 * @param processors how many there are
 * @param gpu what was used of the graphics cards, by whatever program; absent if there are none
 */
public record Resources(
    OptionalLong peakBytes,
    OptionalLong meanBytes,
    OptionalDouble cores,
    int processors,
    Optional<GpuUse> gpu) {

  /** Nothing is known but the machine. */
  static Resources unknown() {
    return new Resources(
        OptionalLong.empty(),
        OptionalLong.empty(),
        OptionalDouble.empty(),
        Runtime.getRuntime().availableProcessors(),
        Optional.empty());
  }

  /** The same with what was used of the graphics cards. */
  Resources with(Optional<GpuUse> cards) {
    return new Resources(peakBytes, meanBytes, cores, processors, cards);
  }

  /** Share of the machine's processors that it kept busy, from 0 to 1. */
  public OptionalDouble processorUse() {
    return cores.isPresent()
        ? OptionalDouble.of(Math.min(1, cores.getAsDouble() / processors))
        : OptionalDouble.empty();
  }
}
