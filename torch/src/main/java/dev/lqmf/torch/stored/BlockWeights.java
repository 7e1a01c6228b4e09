package dev.lqmf.torch.stored;

import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.KernelsProvider;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/** A tensor in quantized blocks as float32, decoded while it is read. */
public final class BlockWeights implements Weights {
  /** Elements decoded at a time; a multiple of every format's block. */
  private static final int PIECE = 1 << 16;

  private final TensorSource source;
  private final TensorInfo tensor;
  private final BlockFormat format;

  /**
   * A view.
   *
   * @param source stays open as long as this is read
   */
  BlockWeights(TensorSource source, TensorInfo tensor, BlockFormat format) {
    this.source = source;
    this.tensor = tensor;
    this.format = format;
  }

  /**
   * A view, decoded by the best kernels there are.
   *
   * @param source stays open as long as this is read
   * @param tensor in quantized blocks
   */
  public static BlockWeights of(TensorSource source, TensorInfo tensor) {
    return new BlockWeights(source, tensor, KernelsProvider.best().format(tensor.type()));
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return tensor.shape();
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), byteSize());
    long at = byteOffset / Float.BYTES;
    long end = at + target.byteSize() / Float.BYTES;
    TensorType type = tensor.type();
    int block = type.blockElements();
    long written = 0;
    float[] values = new float[(int) Math.min(PIECE, (end - at) + 2L * block)];
    values = values.length % block == 0 ? values : new float[values.length / block * block];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment blocks = arena.allocate(type.byteSize(values.length), Long.BYTES);
      while (at < end) {
        long first = at - at % block;
        long last = Math.min(first + values.length, (end + block - 1) / block * block);
        int elements = (int) (last - first);
        long bytes = type.byteSize(elements);
        source.read(tensor, type.byteSize(first), blocks.asSlice(0, bytes));
        format.decode(blocks, 0, values, 0, elements);
        int skipped = (int) (at - first);
        int taken = (int) Math.min(elements - skipped, end - at);
        MemorySegment.copy(
            values, skipped, target, ValueLayout.JAVA_FLOAT_UNALIGNED, written, taken);
        written += (long) taken * Float.BYTES;
        at += taken;
      }
    }
  }
}
