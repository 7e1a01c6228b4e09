package dev.lqmf.quant.format;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * IEEE 754 binary32, little-endian.
 *
 * <pre>
 *  31 30      23 22                     0
 * ┌──┬──────────┬────────────────────────┐
 * │s │ e        │ m                      │   w = (-1)^s · 2^(e-127) · 1.m
 * └──┴──────────┴────────────────────────┘   e = 0: (-1)^s · 2^-126 · 0.m
 * </pre>
 */
public final class F32 implements BlockFormat {
  @Override
  public TensorType type() {
    return TensorType.F32;
  }

  @Override
  public void encode(
      float[] source,
      int sourceOffset,
      int rows,
      int rowLength,
      float @Nullable [] importance,
      MemorySegment target,
      long targetOffset) {
    MemorySegment.copy(
        source, sourceOffset, target, LittleEndian.FLOAT, targetOffset, rows * rowLength);
  }

  @Override
  public void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    MemorySegment.copy(source, LittleEndian.FLOAT, sourceOffset, target, targetOffset, elements);
  }
}
