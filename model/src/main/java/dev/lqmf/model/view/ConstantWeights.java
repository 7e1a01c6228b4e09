package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A small tensor that is computed and not stored, such as rotary frequency factors. */
public final class ConstantWeights implements Weights {
  private final Shape shape;
  private final MemorySegment bytes;

  private ConstantWeights(Shape shape, MemorySegment bytes) {
    this.shape = shape;
    this.bytes = bytes;
  }

  /** A vector of float32. */
  public static ConstantWeights of(float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new ConstantWeights(
        Shape.of(values.length), MemorySegment.ofArray(bytes.array()).asReadOnly());
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public void read(long byteOffset, MemorySegment target) {
    MemorySegment.copy(bytes, byteOffset, target, 0, target.byteSize());
  }
}
