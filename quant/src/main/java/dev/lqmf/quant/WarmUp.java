package dev.lqmf.quant;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Encodes a little, again and again, until the JVM has compiled what that takes.
 *
 * <p>Until then the Vector API runs call by call, a hundred times slower. Threads that worked
 * meanwhile would get next to nothing done, and keep the compiler from the processors it needs. So
 * one thread shows the JVM what is hot, all formats at once, and then leaves it half of the time.
 */
final class WarmUp {
  /** Fills every lane with a block, whatever the format. */
  private static final int WEIGHTS = 4096;

  /** Between 3 and 20 are usual for compiled code, more than a thousand before. */
  private static final long SLOW_NANOS_PER_WEIGHT = 100;

  /** What takes longer to compile, without options as the launcher has, is left to itself. */
  private static final long PATIENCE_NANOS = 2_000_000_000;

  /** Rounds without a pause: what the JVM needs to see that this is hot. */
  private static final int EAGER_ROUNDS = 3;

  private static final long MIN_PAUSE_NANOS = 5_000_000;

  private final float[] values = new float[WEIGHTS];
  private final float @Nullable [] importance;

  WarmUp(boolean weighted) {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < WEIGHTS; i++) {
      values[i] = (float) (0.02 * random.nextGaussian());
    }
    float[] ones = new float[WEIGHTS];
    Arrays.fill(ones, 1);
    importance = weighted ? ones : null;
  }

  /** Returns when all formats encode fast, or patience ends, or the thread is interrupted. */
  void run(List<BlockFormat> formats) {
    long begin = System.nanoTime();
    long now = begin;
    List<BlockFormat> slow = new ArrayList<>(formats);
    for (int round = 1; now - begin < PATIENCE_NANOS; round++) {
      long last = now;
      slow.removeIf(this::isFast);
      if (slow.isEmpty() || Thread.currentThread().isInterrupted()) {
        return;
      }
      if (round > EAGER_ROUNDS) {
        LockSupport.parkNanos(Math.max(MIN_PAUSE_NANOS, System.nanoTime() - last));
      }
      now = System.nanoTime();
    }
  }

  private boolean isFast(BlockFormat format) {
    byte[] target = new byte[Math.toIntExact(format.type().byteSize(WEIGHTS))];
    long begin = System.nanoTime();
    format.encode(values, 0, 1, WEIGHTS, importance, MemorySegment.ofArray(target), 0);
    return System.nanoTime() - begin < SLOW_NANOS_PER_WEIGHT * WEIGHTS;
  }
}
