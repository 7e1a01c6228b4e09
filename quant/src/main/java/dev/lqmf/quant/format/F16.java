package dev.lqmf.quant.format;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * IEEE 754 binary16, little-endian.
 *
 * <pre>
 *  15 14   10 9          0
 * ┌──┬───────┬────────────┐   w = (-1)^s · 2^(e-15) · 1.m
 * │s │ e     │ m          │   e = 0:  (-1)^s · 2^-14 · 0.m
 * └──┴───────┴────────────┘   e = 31: infinity (m = 0) or NaN
 * </pre>
 *
 * <p>Encoding rounds to the nearest, halves to even; from 65520 on the result is infinity.
 */
public final class F16 implements BlockFormat {
  private static final short NAN = 0x7e00;

  /** The nearest half; every NaN becomes the one NaN that ggml writes, with its sign. */
  public static short fromFloat(float value) {
    if (Float.isNaN(value)) {
      return (short) (NAN | (Float.floatToRawIntBits(value) >>> 16 & 0x8000));
    }
    return Float.floatToFloat16(value);
  }

  @Override
  public TensorType type() {
    return TensorType.F16;
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
    for (int i = 0; i < rows * rowLength; i++) {
      target.set(LittleEndian.SHORT, targetOffset + 2L * i, fromFloat(source[sourceOffset + i]));
    }
  }

  @Override
  public void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    for (int i = 0; i < elements; i++) {
      target[targetOffset + i] =
          Float.float16ToFloat(source.get(LittleEndian.SHORT, sourceOffset + 2L * i));
    }
  }
}
