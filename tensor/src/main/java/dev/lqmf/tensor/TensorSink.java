package dev.lqmf.tensor;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * A file of tensors being written. Names, types, shapes and metadata are fixed when it is created,
 * so every byte's place is known and several threads can write pieces in any order.
 *
 * <p>The file has its final name only after {@link #commit()}; closing without it removes what was
 * written.
 */
public interface TensorSink extends AutoCloseable {

  /**
   * Writes part of a tensor.
   *
   * @param tensor index in the order given at creation
   * @param byteOffset counted from the tensor's first byte
   * @param bytes the encoded elements
   * @throws IOException if the disk is full or the file cannot be written; the message names it
   * @throws IndexOutOfBoundsException if the range does not lie within the tensor
   */
  void write(int tensor, long byteOffset, MemorySegment bytes) throws IOException;

  /** Makes the file durable and gives it its name: write-out, fsync, atomic rename. */
  void commit() throws IOException;

  @Override
  void close() throws IOException;
}
