package dev.lqmf.quant;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Has the JVM compile the vector twin of a packed format, in the background, while the plain loops
 * do the work: until it is compiled, the Vector API is many times slower than they are. When that
 * is depends on what else the machine does; what is computed does not.
 */
public final class PackedWarmUp {
  private static final Map<Class<?>, PackedWarmUp> KINDS = new HashMap<>();

  /** Computed in a round. */
  private static final int WEIGHTS = 4096;

  /**
   * Compiled code takes less than 1, or a few where processors are busy; before, it is hundreds.
   */
  private static final long SLOW_NANOS_PER_WEIGHT = 20;

  private static final int FAST_ROUNDS = 20;

  /** Rounds without a pause: what the JVM needs to see that this is hot. */
  private static final int EAGER_ROUNDS = 300;

  /** A machine without such vectors never gets there. */
  private static final long PATIENCE_NANOS = 60_000_000_000L;

  private static final long PAUSE_NANOS = 2_000_000;

  private volatile boolean ready;
  private @Nullable PackedMatrix matrix;
  private @Nullable Thread thread;

  private PackedWarmUp() {}

  /**
   * The warm-up of a twin's format; begins, with this matrix, unless it is done or under way.
   *
   * @param twin stays until {@link #release}
   */
  public static PackedWarmUp of(PackedMatrix twin) {
    synchronized (KINDS) {
      PackedWarmUp kind = KINDS.computeIfAbsent(twin.getClass(), _ -> new PackedWarmUp());
      kind.begin(twin);
      return kind;
    }
  }

  private synchronized void begin(PackedMatrix twin) {
    if (!ready && thread == null) {
      matrix = twin;
      thread = Thread.ofPlatform().daemon().name("warm-up").start(() -> run(twin));
    }
  }

  /** Whether the twins compute at their speed. */
  public boolean ready() {
    return ready;
  }

  /**
   * Returns when all that began is done, or nobody works on it any more.
   *
   * @return whether all twins that were waited for compute at their speed
   */
  public static boolean awaitAll() throws InterruptedException {
    List<PackedWarmUp> kinds;
    synchronized (KINDS) {
      kinds = List.copyOf(KINDS.values());
    }
    boolean all = true;
    for (PackedWarmUp kind : kinds) {
      Thread working = kind.working();
      if (working != null) {
        working.join();
        all &= kind.ready;
      }
    }
    return all;
  }

  private synchronized @Nullable Thread working() {
    return thread;
  }

  /** Lets go of a matrix, whose memory may then be freed. */
  public static void release(PackedMatrix twin) {
    PackedWarmUp kind;
    synchronized (KINDS) {
      kind = KINDS.get(twin.getClass());
    }
    if (kind != null) {
      kind.end(twin);
    }
  }

  private void end(PackedMatrix twin) {
    Thread working;
    synchronized (this) {
      working = matrix == twin ? thread : null;
    }
    if (working == null) {
      return;
    }
    working.interrupt();
    boolean interrupted = false;
    while (working.isAlive()) {
      try {
        working.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    synchronized (this) {
      matrix = null;
      thread = null;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(PackedMatrix twin) {
    int rows = Math.min(twin.out(), Math.max(1, WEIGHTS / twin.in() / twin.unit()) * twin.unit());
    long slow = SLOW_NANOS_PER_WEIGHT * rows * twin.in();
    float[] y = new float[twin.out()];
    float[] x = new float[twin.in()];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate((long) rows * twin.in() * Float.BYTES, 64);
      int fast = 0;
      long start = System.nanoTime();
      for (int round = 0; fast < FAST_ROUNDS; round++) {
        long begin = System.nanoTime();
        if (Thread.currentThread().isInterrupted() || begin - start > PATIENCE_NANOS) {
          return;
        }
        twin.multiply(twin.arranged(x), 0, rows, y, 0);
        long middle = System.nanoTime();
        twin.decode(0, rows, target);
        long end = System.nanoTime();
        fast = middle - begin < slow && end - middle < slow ? fast + 1 : 0;
        if (fast == 0 && round > EAGER_ROUNDS) {
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    }
    ready = true;
  }
}
