package dev.lqmf.quant.format;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** An element type that checkpoints use and results do not. */
abstract class DecodeOnly implements BlockFormat {
  private final TensorType type;

  DecodeOnly(TensorType type) {
    this.type = type;
  }

  @Override
  public final TensorType type() {
    return type;
  }

  @Override
  public final boolean decodeOnly() {
    return true;
  }

  @Override
  public final void encode(
      float[] source,
      int sourceOffset,
      int rows,
      int rowLength,
      float @Nullable [] importance,
      MemorySegment target,
      long targetOffset) {
    throw new InputException(
        type + " is only read, never written", "choose another type, such as F32, BF16 or Q8_0");
  }
}
