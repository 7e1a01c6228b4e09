package dev.lqmf.quant.format;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** 8-bit floats, by a table of what their codes mean. */
abstract class Float8 extends DecodeOnly {
  private final float[] values = new float[256];

  Float8(TensorType type) {
    super(type);
    for (int code = 0; code < values.length; code++) {
      values[code] = value(code);
    }
  }

  /** What a code, 0 to 255, means. */
  abstract float value(int code);

  @Override
  public final void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    float[] table = values;
    for (int i = 0; i < elements; i++) {
      int code = Byte.toUnsignedInt(source.get(ValueLayout.JAVA_BYTE, sourceOffset + i));
      target[targetOffset + i] = table[code];
    }
  }
}
