package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A matrix of 8-bit floats times its scales, as float32: one scale for all, one for each row, or
 * one for each block of rows and columns.
 *
 * <pre>w[r, c] = stored[r, c] · scale[r / blockRows, c / blockColumns]</pre>
 */
public final class ScaledWeights implements Weights {
  /** Stored bytes fetched at a time. */
  private static final long PIECE = 1 << 17;

  private final Weights stored;
  private final float[] values;
  private final Weights scales;
  private final long blockRows;
  private final long blockColumns;
  private final long scaleColumns;

  /**
   * @param scales of any float type; shape {@code [⌈rows / blockRows⌉, ⌈columns / blockColumns⌉]},
   *     where dimensions of one may be left out
   * @throws IllegalArgumentException if the weights are no 8-bit floats, or there are not as many
   *     scales as blocks
   */
  public ScaledWeights(Weights stored, Weights scales, long blockRows, long blockColumns) {
    Shape shape = stored.shape();
    long rowBlocks = Math.ceilDiv(shape.rows(), blockRows);
    this.scaleColumns = Math.ceilDiv(shape.rowLength(), blockColumns);
    if (scales.shape().elements() != rowBlocks * scaleColumns) {
      throw new IllegalArgumentException(
          "scales %s do not fit weights %s in blocks of %d × %d"
              .formatted(scales.shape(), shape, blockRows, blockColumns));
    }
    this.stored = stored;
    this.values = Floats.ofCodes(stored.type());
    this.scales = Float32Weights.of(scales);
    this.blockRows = blockRows;
    this.blockColumns = blockColumns;
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return stored.shape();
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), byteSize());
    long columns = shape().rowLength();
    long first = byteOffset / Float.BYTES;
    long end = first + target.byteSize() / Float.BYTES;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(Math.min(PIECE, end - first), Long.BYTES);
      MemorySegment rowScales = arena.allocate(scaleColumns * Float.BYTES, Float.BYTES);
      long loaded = -1;
      for (long at = first; at < end; ) {
        long row = at / columns;
        long column = at - row * columns;
        long n = Math.min(Math.min(columns - column, end - at), PIECE);
        if (row / blockRows != loaded) {
          loaded = row / blockRows;
          scales.read(loaded * scaleColumns * Float.BYTES, rowScales);
        }
        stored.read(at, piece.asSlice(0, n));
        for (long i = 0; i < n; ) {
          long block = (column + i) / blockColumns;
          long blockEnd = Math.min(n, (block + 1) * blockColumns - column);
          float scale = rowScales.getAtIndex(Floats.FLOAT, block);
          for (; i < blockEnd; i++) {
            float value = values[piece.get(ValueLayout.JAVA_BYTE, i) & 0xFF] * scale;
            target.set(Floats.FLOAT, (at - first + i) * Float.BYTES, value);
          }
        }
        at += n;
      }
    }
  }
}
