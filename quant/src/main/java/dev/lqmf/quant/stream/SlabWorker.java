package dev.lqmf.quant.stream;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.Kernels;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** One thread's buffers and what it does with a slab. */
final class SlabWorker implements AutoCloseable {
  /**
   * Up to here no scale of any format overflows float16, which ends at 65504: a scale is hardly
   * ever larger than the largest weight it serves.
   */
  private static final float LARGEST_SAFE = 32768;

  private final Kernels kernels;
  private final TensorSource source;
  private final StreamingQuantizer.Work work;
  private final StreamProgress progress;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment stored;
  private final MemorySegment encoded;
  private final float[] values;

  SlabWorker(
      Kernels kernels, TensorSource source, StreamingQuantizer.Work work, StreamProgress progress) {
    this.kernels = kernels;
    this.source = source;
    this.work = work;
    this.progress = progress;
    StreamingQuantizer.Sizes sizes = work.sizes();
    this.stored = arena.allocate(sizes.stored(), 64);
    this.encoded = arena.allocate(sizes.encoded(), 64);
    this.values = new float[sizes.elements()];
  }

  void run(BooleanSupplier stop) throws IOException {
    for (long number = work.take(); number >= 0 && !stop.getAsBoolean(); number = work.take()) {
      int task = work.taskOf(number);
      process(work.task(task), work.slab(task, number));
    }
  }

  private void process(TensorTask task, Slabs.Slab slab) throws IOException {
    TensorInfo tensor = task.tensor();
    TensorType type = tensor.type();
    MemorySegment input = stored.asSlice(0, type.byteSize(slab.elements()));
    source.read(tensor, type.byteSize(slab.first()), input);

    float peak = decode(task, slab, input);
    for (TensorTarget target : task.targets()) {
      TensorType to = target.type();
      MemorySegment bytes = to == type ? input : encode(tensor, slab, target, peak);
      target.sink().write(target.index(), to.byteSize(slab.first()), bytes);
    }
    progress.advanced(tensor.name(), input.byteSize());
  }

  /** Fills {@link #values}, checks that they are finite, and returns the largest magnitude. */
  private float decode(TensorTask task, Slabs.Slab slab, MemorySegment input) {
    TensorInfo tensor = task.tensor();
    Optional<BlockFormat> format = kernels.find(tensor.type());
    if (format.isEmpty()) {
      for (TensorTarget target : task.targets()) {
        if (target.type() != tensor.type()) {
          throw new InputException(
              "tensor %s of %s is stored as %s, which cannot be converted"
                  .formatted(tensor.name(), source.origin(), tensor.type()),
              "start from a checkpoint that stores F32, F16 or BF16");
        }
      }
      return 0;
    }
    format.get().decode(input, 0, values, 0, slab.elements());
    float peak = kernels.peak(values, 0, slab.elements());
    if (!Float.isFinite(peak)) {
      throw Faults.notFinite(source, tensor, values, slab.first());
    }
    return peak;
  }

  private MemorySegment encode(
      TensorInfo tensor, Slabs.Slab slab, TensorTarget target, float peak) {
    int elements = slab.elements();
    MemorySegment bytes = encoded.asSlice(0, target.type().byteSize(elements));
    BlockFormat format = kernels.format(target.type());
    float @Nullable [] importance =
        target.importance().isEmpty() ? null : target.importance().get(slab.matrix());
    format.encode(values, 0, slab.rows(), slab.rowLength(), importance, bytes, 0);
    if (peak > LARGEST_SAFE) {
      checkRange(tensor, slab, format, bytes, peak);
    }
    return bytes;
  }

  /** Rare and slow: whether huge weights made a scale overflow. */
  private void checkRange(
      TensorInfo tensor, Slabs.Slab slab, BlockFormat format, MemorySegment bytes, float peak) {
    int elements = slab.elements();
    float[] decoded = new float[elements];
    format.decode(bytes, 0, decoded, 0, elements);
    if (!Float.isFinite(kernels.peak(decoded, 0, elements))) {
      int at = 0;
      while (Math.abs(values[at]) < peak) {
        at++;
      }
      throw new InputException(
          "tensor %s of %s holds %s at %s, which is too large for %s"
              .formatted(
                  tensor.name(),
                  source.origin(),
                  values[at],
                  Faults.index(tensor.shape(), slab.first() + at),
                  format.type()),
          "use BF16 or F32 for this tensor");
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
