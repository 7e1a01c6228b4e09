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

  /** Whether {@link #toFloat32} converts from the type. */
  static boolean readable(TensorType type) {
    return switch (type) {
      case F16, BF16, F64, F8_E4M3, F8_E5M2, I8, I16, I32, I64, U8, BOOL, U16, U32 -> true;
      default -> false;
    };
  }

  /**
   * The values of all codes of an 8-bit float.
   *
   * @throws IllegalArgumentException if the type is none
   */
  static float[] ofCodes(TensorType type) {
    return switch (type) {
      case F8_E4M3 -> E4M3;
      case F8_E5M2 -> E5M2;
      default -> throw new IllegalArgumentException(type + " is no 8-bit float");
    };
  }

  /**
   * Converts elements.
   *
   * @param from their first byte is the segment's
   * @param byteOffset where the first float32 goes
   */
  static void toFloat32(
      TensorType type, MemorySegment from, MemorySegment to, long byteOffset, int count) {
    switch (type) {
      case BF16 -> bfloat16(from, to, byteOffset, count);
      case F16 -> float16(from, to, byteOffset, count);
      case F64 -> float64(from, to, byteOffset, count);
      case F8_E4M3, F8_E5M2 -> codes(ofCodes(type), from, to, byteOffset, count);
      default -> integers(type, from, to, byteOffset, count);
    }
  }

  private static void bfloat16(MemorySegment from, MemorySegment to, long byteOffset, int count) {
    for (long i = 0; i < count; i++) {
      to.set(INT, byteOffset + i * Float.BYTES, from.get(SHORT, i * Short.BYTES) << 16);
    }
  }

  private static void float16(MemorySegment from, MemorySegment to, long byteOffset, int count) {
    for (long i = 0; i < count; i++) {
      float value = Float.float16ToFloat(from.get(SHORT, i * Short.BYTES));
      to.set(FLOAT, byteOffset + i * Float.BYTES, value);
    }
  }

  private static void float64(MemorySegment from, MemorySegment to, long byteOffset, int count) {
    for (long i = 0; i < count; i++) {
      float value = (float) from.get(DOUBLE, i * Double.BYTES);
      to.set(FLOAT, byteOffset + i * Float.BYTES, value);
    }
  }

  private static void codes(
      float[] values, MemorySegment from, MemorySegment to, long byteOffset, int count) {
    for (long i = 0; i < count; i++) {
      float value = values[from.get(ValueLayout.JAVA_BYTE, i) & 0xFF];
      to.set(FLOAT, byteOffset + i * Float.BYTES, value);
    }
  }

  private static void integers(
      TensorType type, MemorySegment from, MemorySegment to, long byteOffset, int count) {
    for (long i = 0; i < count; i++) {
      float value = integer(type, from, i * type.blockBytes());
      to.set(FLOAT, byteOffset + i * Float.BYTES, value);
    }
  }

  private static float integer(TensorType type, MemorySegment from, long byteOffset) {
    return switch (type) {
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
