package dev.lqmf.quant.format;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * bfloat16: the upper half of a binary32, little-endian.
 *
 * <pre>
 *  15 14       7 6      0
 * ┌──┬──────────┬────────┐   w = (-1)^s · 2^(e-127) · 1.m
 * │s │ e        │ m      │   e = 0:   (-1)^s · 2^-126 · 0.m
 * └──┴──────────┴────────┘   e = 255: infinity (m = 0) or NaN
 * </pre>
 *
 * <p>Encoding rounds to the nearest, halves to even; subnormals are kept.
 */
public final class BF16 implements BlockFormat {
  private static final int QUIET = 0x40;

  /** The nearest bfloat16; a NaN keeps its upper bits and becomes quiet. */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | QUIET);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  public static float toFloat(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  @Override
  public TensorType type() {
    return TensorType.BF16;
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
      target[targetOffset + i] = toFloat(source.get(LittleEndian.SHORT, sourceOffset + 2L * i));
    }
  }
}
