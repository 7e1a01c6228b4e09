package dev.lqmf.tensor;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Named tensors that can be read in pieces: a file, several shards, or a view that renames,
 * permutes or stacks the tensors of another source.
 *
 * <p>Files are read with positional reads and not mapped: a mapped page counts as resident memory
 * until the kernel takes it back, and a file that shrinks under a mapping kills the process, while
 * a read reports it.
 *
 * <p>Implementations are safe for use by several threads at once.
 */
public interface TensorSource extends AutoCloseable {

  /** All tensors, in the order of the source. */
  List<TensorInfo> tensors();

  /**
   * Reads part of a tensor's stored bytes.
   *
   * @param tensor one of {@link #tensors()}
   * @param byteOffset where to begin, counted from the tensor's first byte; at a block boundary
   * @param target receives exactly {@code target.byteSize()} bytes, whole blocks
   * @throws IOException if the file cannot be read or ends early; the message names the file
   * @throws IndexOutOfBoundsException if the range does not lie within the tensor
   */
  void read(TensorInfo tensor, long byteOffset, MemorySegment target) throws IOException;

  /** Where the tensors come from, for messages: a path, mostly. */
  String origin();

  /**
   * The file that holds a tensor, for sources of several files.
   *
   * @param tensor one of {@link #tensors()}
   */
  default String file(TensorInfo tensor) {
    return origin();
  }

  @Override
  void close() throws IOException;
}
