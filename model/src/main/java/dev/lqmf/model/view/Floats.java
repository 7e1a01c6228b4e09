package dev.lqmf.model.view;

import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Plain element types as float32, as PyTorch's {@code Tensor.to(torch.float32)} converts them. */
final class Floats {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final float[] E4M3 = table(4, 3, false);
  private static final float[] E5M2 = table(5, 2, true);

  private Floats() {}

  /** Whether {@link #get} knows the type. */
  static boolean readable(TensorType type) {
    return switch (type) {
      case F32, F16, BF16, F64, F8_E4M3, F8_E5M2, I8, I16, I32, I64, U8, BOOL, U16, U32 -> true;
      default -> false;
    };
  }

  /**
   * One element.
   *
   * @param byteOffset where it begins
   */
  static float get(TensorType type, MemorySegment from, long byteOffset) {
    return switch (type) {
      case F32 -> from.get(FLOAT, byteOffset);
      case F16 -> Float.float16ToFloat(from.get(SHORT, byteOffset));
      case BF16 -> Float.intBitsToFloat(from.get(SHORT, byteOffset) << 16);
      case F64 -> (float) from.get(DOUBLE, byteOffset);
      case F8_E4M3 -> E4M3[from.get(ValueLayout.JAVA_BYTE, byteOffset) & 0xFF];
      case F8_E5M2 -> E5M2[from.get(ValueLayout.JAVA_BYTE, byteOffset) & 0xFF];
      case I8 -> from.get(ValueLayout.JAVA_BYTE, byteOffset);
      case U8 -> from.get(ValueLayout.JAVA_BYTE, byteOffset) & 0xFF;
      case BOOL -> from.get(ValueLayout.JAVA_BYTE, byteOffset) != 0 ? 1 : 0;
      case I16 -> from.get(SHORT, byteOffset);
      case U16 -> from.get(SHORT, byteOffset) & 0xFFFF;
      case I32 -> from.get(INT, byteOffset);
      case U32 -> Integer.toUnsignedLong(from.get(INT, byteOffset));
      case I64 -> from.get(LONG, byteOffset);
      default -> throw new IllegalArgumentException(type + " has no plain elements");
    };
  }

  /**
   * The 256 values of an 8-bit float (OCP 8-bit floating point specification, table 1).
   *
   * @param ieee E5M2: the largest exponent means infinity or NaN; otherwise E4M3, where only all
   *     ones means NaN
   */
  private static float[] table(int exponentBits, int mantissaBits, boolean ieee) {
    float[] values = new float[256];
    int bias = (1 << (exponentBits - 1)) - 1;
    int mantissas = 1 << mantissaBits;
    int top = (1 << exponentBits) - 1;
    for (int code = 0; code < 128; code++) {
      int exponent = code >> mantissaBits;
      int mantissa = code & (mantissas - 1);
      float value;
      if (ieee && exponent == top) {
        value = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
      } else if (!ieee && code == 127) {
        value = Float.NaN;
      } else if (exponent == 0) {
        value = Math.scalb((float) mantissa / mantissas, 1 - bias);
      } else {
        value = Math.scalb(1 + (float) mantissa / mantissas, exponent - bias);
      }
      values[code] = value;
      values[code + 128] = -value;
    }
    return values;
  }
}
