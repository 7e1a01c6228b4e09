package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * The indices of the outermost dimension in another order. A read fetches the rows it needs in the
 * order in which they are stored, neighbours in one piece, and puts each in its place.
 */
public final class PermutedRows implements Weights {
  /** Rows are fetched in pieces of about this many bytes, at least one row. */
  private static final long PIECE = 1 << 20;

  private final Weights source;
  private final Order order;
  private final long rowBytes;

  /** Which stored row stands at a place. */
  @FunctionalInterface
  public interface Order {
    /**
     * @param row index in the permuted tensor
     * @return index in the stored tensor
     */
    long stored(long row);
  }

  public PermutedRows(Weights source, Order order) {
    this.source = source;
    this.order = order;
    this.rowBytes = source.byteSize() / Math.max(1, source.shape().dim(0));
  }

  /**
   * The order that turns rotary halves into rotary pairs, head by head. Transformers rotates
   * element i of a head with element i + d/2, llama.cpp's {@code llama} family element 2i with
   * element 2i + 1; so stored row {@code t·d/2 + i} goes to {@code 2i + t} (llama.cpp, {@code
   * LlamaModel.permute}).
   *
   * @param headRows rows of one head, even
   */
  public static Order rotaryPairs(long headRows) {
    long half = headRows / 2;
    return row -> {
      long head = row / headRows;
      long inside = row - head * headRows;
      return head * headRows + (inside & 1) * half + (inside >> 1);
    };
  }

  /**
   * The order that turns rotary pairs back into rotary halves: the inverse of {@link #rotaryPairs}.
   *
   * @param headRows rows of one head, even
   */
  public static Order rotaryHalves(long headRows) {
    long half = headRows / 2;
    return row -> {
      long head = row / headRows;
      long inside = row - head * headRows;
      return head * headRows + (inside % half) * 2 + inside / half;
    };
  }

  @Override
  public TensorType type() {
    return source.type();
  }

  @Override
  public Shape shape() {
    return source.shape();
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), byteSize());
    if (target.byteSize() == 0) {
      return;
    }
    long first = byteOffset / rowBytes;
    int rows = Math.toIntExact((byteOffset + target.byteSize() - 1) / rowBytes - first + 1);
    long[] wanted = storedOrder(first, rows);
    int most = Math.toIntExact(Math.max(1, PIECE / rowBytes));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(Math.min(most, rows) * rowBytes, Long.BYTES);
      for (int i = 0; i < rows; ) {
        int n = neighbours(wanted, i, most);
        source.read(wanted[i] / rows * rowBytes, piece.asSlice(0, n * rowBytes));
        for (int j = 0; j < n; j++) {
          long row = first + wanted[i + j] % rows;
          put(piece, j * rowBytes, row * rowBytes - byteOffset, target);
        }
        i += n;
      }
    }
  }

  /**
   * For each of some rows, in the order in which they are stored, the stored row times their
   * number, plus which one of them it is.
   */
  private long[] storedOrder(long first, int rows) {
    long[] wanted = new long[rows];
    for (int i = 0; i < rows; i++) {
      wanted[i] = order.stored(first + i) * rows + i;
    }
    Arrays.sort(wanted);
    return wanted;
  }

  /** How many rows from one on are stored one after the other, at most so many. */
  private static int neighbours(long[] wanted, int begin, int most) {
    long stored = wanted[begin] / wanted.length;
    int n = 1;
    while (n < most
        && begin + n < wanted.length
        && wanted[begin + n] / wanted.length == stored + n) {
      n++;
    }
    return n;
  }

  /** Copies one row to its place, or the part of it that lies within the target. */
  private void put(MemorySegment piece, long from, long place, MemorySegment target) {
    long cut = Math.max(0, -place);
    long end = Math.min(rowBytes, target.byteSize() - place);
    MemorySegment.copy(piece, from + cut, target, place + cut, end - cut);
  }
}
