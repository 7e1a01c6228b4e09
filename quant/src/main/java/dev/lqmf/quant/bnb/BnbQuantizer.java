package dev.lqmf.quant.bnb;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.format.LittleEndian;
import dev.lqmf.quant.stream.Faults;
import dev.lqmf.quant.stream.StreamProgress;
import dev.lqmf.quant.stream.WorkerThreads;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Quantizes the matrices of a source and copies its other tensors, a slab at a time. Threads take
 * slabs in the order of the tasks; whoever completes the last slab of a matrix writes its scales,
 * which are all that is kept of a matrix in the meantime. The bytes do not depend on the threads.
 */
public final class BnbQuantizer {
  /** Weights, or bytes to copy, in a slab; blocks of every size fill it. */
  private static final int SLAB = 1 << 19;

  private final Kernels kernels;
  private final int threads;
  private final int slab;

  /**
   * An engine with that many threads.
   *
   * @param threads at least 1
   */
  public BnbQuantizer(Kernels kernels, int threads) {
    this(kernels, threads, SLAB);
  }

  BnbQuantizer(Kernels kernels, int threads, int slab) {
    if (threads < 1 || slab % 4096 != 0) {
      throw new IllegalArgumentException(threads + " threads, slabs of " + slab);
    }
    this.kernels = kernels;
    this.threads = threads;
    this.slab = slab;
  }

  /**
   * Works off all tasks. The sinks are neither committed nor closed.
   *
   * @param source holds the tensors of the tasks
   * @param tasks in the order to work in, best that of the source
   * @param progress told about every slab, by several threads at once
   * @param cancelled asked before every slab
   * @throws InputException if a weight is not finite, or too large for the format
   * @throws IOException if reading or writing failed
   * @throws java.util.concurrent.CancellationException if {@code cancelled} said so, or the calling
   *     thread was interrupted
   */
  public void run(
      TensorSource source, List<BnbTask> tasks, StreamProgress progress, BooleanSupplier cancelled)
      throws IOException {
    List<Part> parts = tasks.stream().map(t -> new Part(t, slab)).toList();
    Queue queue = new Queue(parts);
    long slabs = parts.stream().mapToLong(p -> p.slabs).sum();
    long slabBytes = parts.stream().mapToLong(Part::slabBytes).max().orElse(0);
    // What needs no weights comes first, so that the last slab of a tensor completes it.
    for (Part part : parts) {
      part.writeConstants();
    }
    WorkerThreads.run(
        (int) Math.min(threads, slabs),
        stop -> {
          try (Worker worker = new Worker(source, queue, progress, slabBytes)) {
            worker.run(stop);
          }
        },
        cancelled);
  }

  /** Hands out slabs in order. */
  private static final class Queue {
    private final List<Part> parts;
    private int part;
    private long slab;

    Queue(List<Part> parts) {
      this.parts = parts;
    }

    record Slab(Part part, long number) {}

    synchronized @Nullable Slab take() {
      while (part < parts.size() && slab == parts.get(part).slabs) {
        part++;
        slab = 0;
      }
      return part == parts.size() ? null : new Slab(parts.get(part), slab++);
    }
  }

  /** A task, how it is cut into slabs, and what is known of it so far. */
  private static final class Part {
    final BnbTask task;

    /** Weights per slab: whole rows of eight bits, whole blocks of four, any number to copy. */
    final long perSlab;

    final long slabs;
    private final AtomicLong left;
    private float @Nullable [] scales;

    Part(BnbTask task, int slab) {
      this.task = task;
      TensorInfo tensor = task.tensor();
      long columns = Math.max(1, tensor.shape().rowLength());
      this.perSlab =
          switch (task) {
            case BnbTask.Copy _ -> Math.max(1, slab / tensor.type().blockBytes());
            case BnbTask.Quantize q when q.matrix().options().isFourBit() -> slab;
            case BnbTask.Quantize _ -> Math.max(1, slab / columns) * columns;
          };
      this.slabs = Math.ceilDiv(tensor.shape().elements(), perSlab);
      this.left = new AtomicLong(slabs);
    }

    long slabBytes() {
      TensorInfo tensor = task.tensor();
      return tensor.type().byteSize(Math.min(perSlab, tensor.shape().elements()));
    }

    /** The scales, made when the first slab needs them and dropped with the last. */
    synchronized float[] scales(BnbMatrix matrix) {
      float[] known = scales;
      if (known == null) {
        known = new float[matrix.scales()];
        scales = known;
      }
      return known;
    }

    boolean completesWithThis() {
      return left.decrementAndGet() == 0;
    }

    synchronized void drop() {
      scales = null;
    }

    void writeConstants() throws IOException {
      if (!(task instanceof BnbTask.Quantize q)) {
        return;
      }
      BnbOptions options = q.matrix().options();
      if (!options.isFourBit()) {
        q.sink().write(q.index() + 2, 0, MemorySegment.ofArray(new byte[1]));
        return;
      }
      q.sink().write(q.index() + 2, 0, bytes(options.format().levels()));
      if (options.doubleQuant()) {
        q.sink().write(q.index() + 4, 0, bytes(NestedScales.levels()));
      }
    }

    void writeScales(BnbTask.Quantize q, float[] absmax) throws IOException {
      BnbOptions options = q.matrix().options();
      if (!options.isFourBit()) {
        q.sink().write(q.index() + 1, 0, bytes(absmax));
        return;
      }
      QuantState state = q.matrix().state();
      if (options.doubleQuant()) {
        NestedScales nested = NestedScales.of(absmax);
        q.sink().write(q.index() + 1, 0, MemorySegment.ofArray(nested.codes()));
        q.sink().write(q.index() + 3, 0, bytes(nested.nested()));
        state = state.withOffset(nested.offset());
      } else {
        q.sink().write(q.index() + 1, 0, bytes(absmax));
      }
      q.sink().write(q.stateIndex(), 0, MemorySegment.ofArray(state.toBytes()));
    }

    private static MemorySegment bytes(float[] values) {
      byte[] bytes = new byte[values.length * Float.BYTES];
      MemorySegment segment = MemorySegment.ofArray(bytes);
      MemorySegment.copy(values, 0, segment, LittleEndian.FLOAT, 0, values.length);
      return segment;
    }
  }

  /** One thread's buffers and what it does with a slab. */
  private final class Worker implements AutoCloseable {
    private final TensorSource source;
    private final Queue queue;
    private final StreamProgress progress;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment stored;
    private float[] values = new float[0];
    private byte[] codes = new byte[0];

    Worker(TensorSource source, Queue queue, StreamProgress progress, long slabBytes) {
      this.stored = arena.allocate(slabBytes, 64);
      this.source = source;
      this.queue = queue;
      this.progress = progress;
    }

    void run(BooleanSupplier stop) throws IOException {
      while (!stop.getAsBoolean()) {
        Queue.Slab next = queue.take();
        if (next == null) {
          return;
        }
        process(next.part(), next.number());
      }
    }

    private void process(Part part, long number) throws IOException {
      TensorInfo tensor = part.task.tensor();
      long first = number * part.perSlab;
      int count = (int) Math.min(part.perSlab, tensor.shape().elements() - first);
      MemorySegment input = read(tensor, first, count);
      switch (part.task) {
        case BnbTask.Copy c -> {
          checkFinite(tensor, first, count, input);
          c.sink().write(c.index(), tensor.type().byteSize(first), input);
        }
        case BnbTask.Quantize q -> {
          float[] scales = part.scales(q.matrix());
          decode(tensor, first, count, input);
          if (q.matrix().options().isFourBit()) {
            fourBit(q, first, count, scales);
          } else {
            eightBit(q, first, count, scales);
          }
          if (part.completesWithThis()) {
            part.writeScales(q, scales);
            part.drop();
          }
        }
      }
      progress.advanced(tensor.name(), input.byteSize());
    }

    private MemorySegment read(TensorInfo tensor, long first, int count) throws IOException {
      MemorySegment input = stored.asSlice(0, tensor.type().byteSize(count));
      source.read(tensor, tensor.type().byteSize(first), input);
      return input;
    }

    /** A copied tensor is checked as well, if its type is known; a model with a NaN is useless. */
    private void checkFinite(TensorInfo tensor, long first, int count, MemorySegment input) {
      if (tensor.type().isFloat() && kernels.find(tensor.type()).isPresent()) {
        decode(tensor, first, count, input);
      }
    }

    private void decode(TensorInfo tensor, long first, int count, MemorySegment input) {
      if (values.length < count) {
        values = new float[count];
      }
      BlockFormat format = kernels.format(tensor.type());
      format.decode(input, 0, values, 0, count);
      if (!Float.isFinite(kernels.peak(values, 0, count))) {
        throw Faults.notFinite(source, tensor, values, first);
      }
    }

    private void fourBit(BnbTask.Quantize q, long first, int count, float[] scales)
        throws IOException {
      BnbOptions options = q.matrix().options();
      int bytes = (int) FourBitFormat.packedBytes(count);
      options
          .format()
          .encode(
              kernels,
              values,
              0,
              count,
              options.blockSize(),
              scales,
              (int) (first / options.blockSize()),
              codes(bytes));
      q.sink().write(q.index(), first / 2, MemorySegment.ofArray(codes).asSlice(0, bytes));
    }

    private void eightBit(BnbTask.Quantize q, long first, int count, float[] scales)
        throws IOException {
      TensorInfo tensor = q.tensor();
      int columns = (int) tensor.shape().rowLength();
      int row = (int) (first / columns);
      codes(count);
      for (int at = 0; at < count; at += columns, row++) {
        scales[row] = Int8Rows.encode(values, at, columns, codes, at);
        if (Float.isInfinite(scales[row])) {
          throw new InputException(
              "tensor %s of %s holds a weight in row %d that float16, which INT8 goes through,"
                      .formatted(tensor.name(), source.origin(), row)
                  + " has no room for",
              "use --bits 4, or --skip " + BnbNames.module(tensor.name()));
        }
      }
      q.sink().write(q.index(), first, MemorySegment.ofArray(codes).asSlice(0, count));
    }

    private byte[] codes(int bytes) {
      if (codes.length < bytes) {
        codes = new byte[bytes];
      }
      return codes;
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
