package dev.lqmf.model.view;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * A function of each element, as float32. For half-precision weights the result is rounded to half
 * precision, since that is where PyTorch, and so the converter, computes.
 */
public final class MappedWeights implements Weights {
  private final Weights source;
  private final Function function;
  private final boolean half;

  /** From one element to another. */
  @FunctionalInterface
  public interface Function {
    float apply(float value);
  }

  public MappedWeights(Weights source, Function function) {
    this.source = Float32Weights.of(source);
    this.function = function;
    this.half = source.type() == TensorType.F16;
  }

  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public Shape shape() {
    return source.shape();
  }

  @Override
  public void read(long byteOffset, MemorySegment target) throws IOException {
    source.read(byteOffset, target);
    for (long at = 0; at < target.byteSize(); at += Float.BYTES) {
      float value = function.apply(target.get(Floats.FLOAT, at));
      target.set(
          Floats.FLOAT, at, half ? Float.float16ToFloat(Float.floatToFloat16(value)) : value);
    }
  }
}
