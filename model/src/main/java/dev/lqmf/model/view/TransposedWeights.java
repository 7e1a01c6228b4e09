package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * The last two dimensions exchanged: {@code [in, out]} as GPT-2's Conv1D stores a linear layer
 * becomes {@code [out, in]}. A read of some rows fetches those columns of every stored row: one
 * stretch per stored row, or whole stored rows where they are not much longer.
 */
public final class TransposedWeights implements Weights {
  /** Stored bytes are fetched and transposed in pieces of about this many. */
  private static final long PIECE = 1 << 20;

  /** Bytes that are read in about the time that asking for them takes. */
  private static final long WORTH_A_READ = 8 << 10;

  /**
   * Columns moved together, so that a cache line of stored elements is used up while it is near.
   */
  private static final long TILE = 32;

  private final Weights source;
  private final Shape shape;
  private final long storedRows;
  private final long storedColumns;
  private final int width;

  /**
   * @throws IllegalArgumentException if there are no two dimensions, or the elements stand in
   *     quantized blocks, which no longer hold rows then
   */
  public TransposedWeights(Weights source) {
    if (source.type().isQuantized()) {
      throw new IllegalArgumentException(
          "cannot transpose blocks of " + source.type() + "; decode them first");
    }
    long[] dims = source.shape().toArray();
    if (dims.length < 2) {
      throw new IllegalArgumentException("cannot transpose " + source.shape());
    }
    int last = dims.length - 1;
    this.storedRows = dims[last - 1];
    this.storedColumns = dims[last];
    dims[last - 1] = storedColumns;
    dims[last] = storedRows;
    this.source = source;
    this.shape = Shape.of(dims);
    this.width = source.type().blockBytes();
  }

  @Override
  public TensorType type() {
    return source.type();
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), byteSize());
    long rowBytes = storedRows * width;
    long matrixBytes = rowBytes * storedColumns;
    for (long done = 0; done < target.byteSize(); ) {
      long matrix = (byteOffset + done) / matrixBytes;
      long within = (byteOffset + done) - matrix * matrixBytes;
      long n = Math.min(matrixBytes - within, target.byteSize() - done);
      readMatrix(matrix * matrixBytes, within, target.asSlice(done, n));
      done += n;
    }
  }

  /**
   * @param base where the stored matrix begins
   * @param offset where the target begins in the transposed matrix
   */
  private void readMatrix(long base, long offset, MemorySegment target) throws IOException {
    long rowBytes = storedRows * width;
    long firstColumn = offset / rowBytes;
    long columns = (offset + target.byteSize() - 1) / rowBytes - firstColumn + 1;
    boolean wholeRows = (storedColumns - columns) * width <= WORTH_A_READ;
    long begin = wholeRows ? 0 : firstColumn;
    long stretch = (wholeRows ? storedColumns : columns) * width;
    long most = Math.clamp(PIECE / stretch, 1, storedRows);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(most * stretch, Long.BYTES);
      for (long row = 0; row < storedRows; row += most) {
        long rows = Math.min(most, storedRows - row);
        if (wholeRows) {
          source.read(base + row * stretch, piece.asSlice(0, rows * stretch));
        } else {
          for (long r = 0; r < rows; r++) {
            long from = base + ((row + r) * storedColumns + firstColumn) * width;
            source.read(from, piece.asSlice(r * stretch, stretch));
          }
        }
        for (long c = 0; c < columns; c += TILE) {
          long tile = Math.min(TILE, columns - c);
          for (long r = 0; r < rows; r++) {
            long at = r * stretch + (firstColumn + c - begin) * width;
            long place = (firstColumn + c) * rowBytes + (row + r) * width - offset;
            for (long i = 0; i < tile; i++, at += width, place += rowBytes) {
              if (place >= 0 && place < target.byteSize()) {
                copy(piece, at, target, place);
              }
            }
          }
        }
      }
    }
  }

  private void copy(MemorySegment from, long at, MemorySegment to, long place) {
    switch (width) {
      case Short.BYTES ->
          to.set(
              ValueLayout.JAVA_SHORT_UNALIGNED,
              place,
              from.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
      case Integer.BYTES ->
          to.set(
              ValueLayout.JAVA_INT_UNALIGNED, place, from.get(ValueLayout.JAVA_INT_UNALIGNED, at));
      default -> MemorySegment.copy(from, at, to, place, width);
    }
  }
}
