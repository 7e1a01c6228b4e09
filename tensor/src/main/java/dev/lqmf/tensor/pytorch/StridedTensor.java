package dev.lqmf.tensor.pytorch;

import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * A tensor whose elements lie at {@code position + Σ index[i] · stride[i]} of a file, as a view of
 * a larger tensor or its transpose does, read as if it were stored row after row.
 *
 * <p>Elements are gathered from pieces of the file that are read whole if the wanted ones are dense
 * enough in them, so that a transposed matrix costs one read for each row stored, not for each
 * element, and no read is larger than a megabyte.
 */
final class StridedTensor {
  private static final int MAX_SPAN = 1 << 20;

  /** A gap in the file costs about as much as reading this many bytes of it. */
  private static final int CHEAP_GAP = 4096;

  private final TensorInfo info;
  private final ReadableFile file;
  private final long position;
  private final long[] shape;
  private final long[] strides;
  private final int elementBytes;

  /**
   * One dimension of a box of elements.
   *
   * @param extent number of indices
   * @param stride from one to the next in the file, in bytes
   * @param targetStride from one to the next in the result, in bytes
   */
  private record Axis(long extent, long stride, long targetStride) {}

  /**
   * @param position of the element with index 0 in the file
   * @param strides in elements, not negative; every element lies in the file
   */
  StridedTensor(TensorInfo info, ReadableFile file, long position, long[] strides) {
    this.info = info;
    this.file = file;
    this.position = position;
    this.shape = info.shape().toArray();
    this.elementBytes = info.type().blockBytes();
    this.strides = new long[strides.length];
    for (int i = 0; i < strides.length; i++) {
      this.strides[i] = strides[i] * elementBytes;
    }
  }

  TensorInfo info() {
    return info;
  }

  void read(long byteOffset, MemorySegment target) throws IOException {
    Objects.checkFromIndexSize(byteOffset, target.byteSize(), info.byteSize());
    if (isContiguous()) {
      file.read(position + byteOffset, target);
      return;
    }
    if (byteOffset % elementBytes != 0 || target.byteSize() % elementBytes != 0) {
      throw new IllegalArgumentException("not whole elements of " + info);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(MAX_SPAN, 8);
      gather(
          0, position, byteOffset / elementBytes, target.byteSize() / elementBytes, target, buffer);
    }
  }

  private boolean isContiguous() {
    long expected = elementBytes;
    for (int i = shape.length - 1; i >= 0; i--) {
      if (shape[i] != 1 && strides[i] != expected) {
        return false;
      }
      expected *= shape[i];
    }
    return true;
  }

  /**
   * Reads a range of the elements with the same first {@code dim} indices, cut into boxes: what is
   * left of a first row, whole rows, the beginning of a last one.
   *
   * @param from position in the file of the first of those elements
   * @param first where the range begins among them
   */
  private void gather(
      int dim, long from, long first, long count, MemorySegment target, MemorySegment buffer)
      throws IOException {
    if (count == 0) {
      return;
    }
    long inner = 1;
    for (int i = dim + 1; i < shape.length; i++) {
      inner *= shape[i];
    }
    long done = 0;
    if (first % inner != 0 || count < inner) {
      done = Math.min(count, inner - first % inner);
      gather(
          dim + 1,
          from + first / inner * strides[dim],
          first % inner,
          done,
          target.asSlice(0, done * elementBytes),
          buffer);
    }
    long rows = (count - done) / inner;
    if (rows > 0) {
      long bytes = rows * inner * elementBytes;
      readBox(
          axes(dim, rows),
          from + (first + done) / inner * strides[dim],
          target.asSlice(done * elementBytes, bytes),
          buffer);
      done += rows * inner;
    }
    if (done < count) {
      gather(
          dim + 1,
          from + (first + done) / inner * strides[dim],
          0,
          count - done,
          target.asSlice(done * elementBytes),
          buffer);
    }
  }

  /** The axes of a box of {@code rows} indices of one dimension and all of those inside it. */
  private List<Axis> axes(int dim, long rows) {
    List<Axis> axes = new ArrayList<>();
    long targetStride = elementBytes;
    for (int i = shape.length - 1; i >= dim; i--) {
      long extent = i == dim ? rows : shape[i];
      if (extent > 1) {
        axes.add(new Axis(extent, strides[i], targetStride));
      }
      targetStride *= extent;
    }
    axes.sort(Comparator.comparingLong(Axis::stride).reversed());
    return axes;
  }

  /**
   * Reads a box.
   *
   * @param axes the farthest apart in the file first
   */
  private void readBox(List<Axis> axes, long from, MemorySegment target, MemorySegment buffer)
      throws IOException {
    int whole = axes.size();
    long span = elementBytes;
    while (whole > 0 && joins(axes.get(whole - 1), span)) {
      Axis axis = axes.get(whole - 1);
      if (axis.extent - 1 > (MAX_SPAN - span) / Math.max(1, axis.stride)) {
        break;
      }
      span += (axis.extent - 1) * axis.stride;
      whole--;
    }
    readPieces(axes, 0, whole, span, from, 0, target, buffer);
  }

  /** Whether elements this far apart are better read together than one by one. */
  private static boolean joins(Axis axis, long span) {
    return axis.stride <= span + CHEAP_GAP;
  }

  /** Steps through the axes before {@code whole}, the last of them in as long steps as fit. */
  private void readPieces(
      List<Axis> axes,
      int depth,
      int whole,
      long span,
      long from,
      long to,
      MemorySegment target,
      MemorySegment buffer)
      throws IOException {
    if (depth == whole) {
      file.read(from, buffer.asSlice(0, span));
      scatter(axes, depth, buffer, 0, target, to);
      return;
    }
    Axis axis = axes.get(depth);
    if (depth + 1 < whole || !joins(axis, span)) {
      for (long i = 0; i < axis.extent; i++) {
        readPieces(
            axes,
            depth + 1,
            whole,
            span,
            from + i * axis.stride,
            to + i * axis.targetStride,
            target,
            buffer);
      }
      return;
    }
    long most = Math.max(1, (MAX_SPAN - span) / Math.max(1, axis.stride) + 1);
    for (long i = 0; i < axis.extent; i += most) {
      long n = Math.min(most, axis.extent - i);
      file.read(from + i * axis.stride, buffer.asSlice(0, span + (n - 1) * axis.stride));
      for (long j = 0; j < n; j++) {
        scatter(axes, depth + 1, buffer, j * axis.stride, target, to + (i + j) * axis.targetStride);
      }
    }
  }

  private void scatter(
      List<Axis> axes, int depth, MemorySegment buffer, long from, MemorySegment target, long to) {
    if (depth == axes.size()) {
      MemorySegment.copy(buffer, from, target, to, elementBytes);
      return;
    }
    Axis axis = axes.get(depth);
    for (long i = 0; i < axis.extent; i++) {
      scatter(axes, depth + 1, buffer, from + i * axis.stride, target, to + i * axis.targetStride);
    }
  }
}
