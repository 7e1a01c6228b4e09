package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * The elements of one tensor, read in pieces: stored as they are in a file, or computed from other
 * weights while they are read. Plain element types only, never quantized blocks. Implementations
 * keep no state between reads, so several threads can read at once, and use buffers that do not
 * grow with the tensor.
 */
public interface Weights {

  TensorType type();

  Shape shape();

  /**
   * Reads a range of elements.
   *
   * @param byteOffset counted from the tensor's first byte; at the start of an element
   * @param target receives exactly {@code target.byteSize()} bytes, whole elements
   * @throws IOException if the file behind cannot be read; the message names it
   * @throws IndexOutOfBoundsException if the range does not lie within the tensor
   */
  void read(long byteOffset, MemorySegment target) throws IOException;

  /** Bytes of all elements. */
  default long byteSize() {
    return type().byteSize(shape().elements());
  }

  /** These weights under a name. */
  default TensorInfo info(String name) {
    return new TensorInfo(name, type(), shape());
  }
}
