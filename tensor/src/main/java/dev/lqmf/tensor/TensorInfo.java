package dev.lqmf.tensor;

/**
 * What a tensor is, without its data.
 *
 * @param name unique within its source
 * @param type how the elements are stored
 * @param shape outermost dimension first
 */
public record TensorInfo(String name, TensorType type, Shape shape) {

  /** Bytes of the whole tensor. */
  public long byteSize() {
    return type.byteSize(shape.elements());
  }

  /** Bytes of one row of {@code shape.rowLength()} elements. */
  public long rowBytes() {
    return type.byteSize(shape.rowLength());
  }
}
