package dev.lqmf.quant.stream;

import dev.lqmf.quant.Kernels;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorSource;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * Turns the tensors of a source into those of any number of outputs.
 *
 * <p>Threads take slabs from a shared counter, in the order of the tasks; so the input is read more
 * or less sequentially and nobody waits for anybody.
 */
public final class StreamingQuantizer {
  /**
   * Elements per slab: large enough that a slab's fixed costs (a read, a write per output) vanish,
   * small enough that memory stays small with many threads.
   */
  private static final int SLAB_ELEMENTS = 1 << 19;

  private final Kernels kernels;
  private final int threads;
  private final int slabElements;

  /**
   * An engine with that many threads.
   *
   * @param threads at least 1
   */
  public StreamingQuantizer(Kernels kernels, int threads) {
    this(kernels, threads, SLAB_ELEMENTS);
  }

  StreamingQuantizer(Kernels kernels, int threads, int slabElements) {
    if (threads < 1) {
      throw new IllegalArgumentException(threads + " threads");
    }
    this.kernels = kernels;
    this.threads = threads;
    this.slabElements = slabElements;
  }

  /**
   * Works off all tasks. The sinks are neither committed nor closed.
   *
   * @param source holds the tensors of the tasks
   * @param tasks in the order to work in, best that of the source
   * @param progress told about every slab, by several threads at once
   * @param cancelled asked before every slab
   * @throws InputException if a weight is not finite, or too large for the type it shall have, or a
   *     type cannot be decoded or encoded; nothing useful is in the sinks then
   * @throws IOException if reading or writing failed
   * @throws CancellationException if {@code cancelled} said so, or the calling thread was
   *     interrupted
   */
  public void run(
      TensorSource source,
      List<TensorTask> tasks,
      StreamProgress progress,
      BooleanSupplier cancelled)
      throws IOException {
    Work work = new Work(tasks, slabElements);
    WorkerThreads.run(
        (int) Math.min(threads, work.count()),
        stop -> {
          try (SlabWorker worker = new SlabWorker(kernels, source, work, progress)) {
            worker.run(stop);
          }
        },
        cancelled);
  }

  /** All slabs of all tasks under consecutive numbers, and which is next. */
  static final class Work {
    private final List<TensorTask> tasks;
    private final Slabs[] slabs;

    /** Number of the first slab of each task, and the total. */
    private final long[] first;

    private final AtomicLong next = new AtomicLong();

    Work(List<TensorTask> tasks, int slabElements) {
      this.tasks = List.copyOf(tasks);
      this.slabs = new Slabs[tasks.size()];
      this.first = new long[tasks.size() + 1];
      for (int i = 0; i < slabs.length; i++) {
        slabs[i] = new Slabs(tasks.get(i), slabElements);
        first[i + 1] = first[i] + slabs[i].count();
      }
    }

    long count() {
      return first[slabs.length];
    }

    /** The number of a slab nobody has taken yet, or -1. */
    long take() {
      long number = next.getAndIncrement();
      return number < count() ? number : -1;
    }

    /** Index of the task that a slab belongs to. */
    int taskOf(long number) {
      int at = Arrays.binarySearch(first, number);
      if (at < 0) {
        return -at - 2;
      }
      // Empty tensors have no slab: their successor begins at the same number.
      while (first[at + 1] == number) {
        at++;
      }
      return at;
    }

    TensorTask task(int index) {
      return tasks.get(index);
    }

    Slabs.Slab slab(int task, long number) {
      return slabs[task].slab(number - first[task]);
    }

    /** The buffers a worker needs for the largest slab of any task. */
    Sizes sizes() {
      Sizes sizes = new Sizes(0, 0, 0);
      for (int i = 0; i < slabs.length; i++) {
        long elements = slabs[i].maxElements();
        TensorTask task = tasks.get(i);
        sizes = sizes.max((int) elements, task.tensor().type().byteSize(elements), 0);
        for (TensorTarget target : task.targets()) {
          sizes = sizes.max(0, 0, target.type().byteSize(elements));
        }
      }
      return sizes;
    }
  }

  /**
   * Capacities.
   *
   * @param elements of float32
   * @param stored bytes of the input
   * @param encoded bytes of an output
   */
  record Sizes(int elements, long stored, long encoded) {
    Sizes max(int elements, long stored, long encoded) {
      return new Sizes(
          Math.max(this.elements, elements),
          Math.max(this.stored, stored),
          Math.max(this.encoded, encoded));
    }
  }
}
