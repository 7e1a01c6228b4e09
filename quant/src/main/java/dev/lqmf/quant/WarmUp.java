package dev.lqmf.quant;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Decodes and encodes a little, again and again, until the JVM has compiled what that takes.
 *
 * <p>Until then the Vector API runs call by call, a hundred times slower. Threads that worked
 * meanwhile would get next to nothing done, and keep the compiler from the processors it needs. So
 * one thread shows the JVM what is hot, all formats at once.
 *
 * <p>What it does is what workers do, memory outside of the heap included: code compiled for
 * another kind of memory would be thrown away at their first slab.
 */
final class WarmUp {
  /** Fills every lane with a block, whatever the format. */
  private static final int WEIGHTS = 4096;

  /** Between 3 and 20 are usual for compiled code, more than a thousand before. */
  private static final long SLOW_NANOS_PER_WEIGHT = 100;

  /**
   * How many fast rounds in a row are enough: what is called once a round is compiled after some
   * sixty calls, with the options that the launcher has.
   */
  private static final int FAST_ROUNDS = 20;

  /** What takes longer to compile, without options as the launcher has, is left to itself. */
  private static final long PATIENCE_NANOS = 2_000_000_000;

  private final Kernels kernels;
  private final float[] values = new float[WEIGHTS];
  private final float[] decoded = new float[WEIGHTS];
  private final float @Nullable [] importance;

  /** Of what is decoded, so that the compiler cannot leave it out. */
  private float peak;

  WarmUp(Kernels kernels, boolean weighted) {
    this.kernels = kernels;
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < WEIGHTS; i++) {
      values[i] = (float) (0.02 * random.nextGaussian());
    }
    float[] ones = new float[WEIGHTS];
    Arrays.fill(ones, 1);
    importance = weighted ? ones : null;
  }

  /** A step of a round. */
  private record Step(BlockFormat format, boolean encodes, MemorySegment bytes) {}

  /**
   * Returns when all formats are fast, or patience ends, or the thread is interrupted.
   *
   * @param read formats to decode
   * @param written formats to encode
   */
  void run(List<BlockFormat> read, List<BlockFormat> written) {
    try (Arena arena = Arena.ofConfined()) {
      List<Step> steps = new ArrayList<>();
      read.forEach(format -> steps.add(step(arena, format, false)));
      written.forEach(format -> steps.add(step(arena, format, true)));
      run(steps);
    }
  }

  private static Step step(Arena arena, BlockFormat format, boolean encodes) {
    return new Step(format, encodes, arena.allocate(format.type().byteSize(WEIGHTS), 64));
  }

  private void run(List<Step> steps) {
    long begin = System.nanoTime();
    long now = begin;
    int fast = 0;
    while (fast < FAST_ROUNDS && now - begin < PATIENCE_NANOS) {
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
      boolean slow = false;
      for (Step step : steps) {
        long last = now;
        work(step);
        now = System.nanoTime();
        slow |= now - last > SLOW_NANOS_PER_WEIGHT * WEIGHTS;
      }
      fast = slow ? 0 : fast + 1;
    }
  }

  private void work(Step step) {
    if (step.encodes) {
      step.format.encode(values, 0, 1, WEIGHTS, importance, step.bytes, 0);
    } else {
      step.format.decode(step.bytes, 0, decoded, 0, WEIGHTS);
      peak = Math.max(peak, kernels.peak(decoded, 0, WEIGHTS));
    }
  }
}
