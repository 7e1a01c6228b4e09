package dev.lqmf.tensor.gguf;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * One metadata value. Values compare by type and by their bytes in a file; those read from a file
 * are written again byte for byte.
 */
public sealed interface GgufValue
    permits GgufValue.Int,
        GgufValue.Float32,
        GgufValue.Float64,
        GgufValue.Bool,
        GgufText,
        GgufArray {

  GgufType type();

  /**
   * A whole number.
   *
   * @param type one of the eight integer types
   * @param value the number; for {@link GgufType#UINT64} its 64 bits, negative from 2⁶³ on
   */
  record Int(GgufType type, long value) implements GgufValue {
    public Int {
      boolean fits =
          switch (type) {
            case UINT8 -> value == (value & 0xFF);
            case INT8 -> value == (byte) value;
            case UINT16 -> value == (value & 0xFFFF);
            case INT16 -> value == (short) value;
            case UINT32 -> value == (value & 0xFFFF_FFFFL);
            case INT32 -> value == (int) value;
            case UINT64, INT64 -> true;
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
          };
      if (!fits) {
        throw new IllegalArgumentException(value + " is no " + type);
      }
    }

    @Override
    public String toString() {
      return type == GgufType.UINT64 ? Long.toUnsignedString(value) : Long.toString(value);
    }
  }

  record Float32(float value) implements GgufValue {
    @Override
    public GgufType type() {
      return GgufType.FLOAT32;
    }

    @Override
    public String toString() {
      return Float.toString(value);
    }
  }

  record Float64(double value) implements GgufValue {
    @Override
    public GgufType type() {
      return GgufType.FLOAT64;
    }

    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  record Bool(boolean value) implements GgufValue {
    @Override
    public GgufType type() {
      return GgufType.BOOL;
    }

    @Override
    public String toString() {
      return Boolean.toString(value);
    }
  }

  /**
   * A whole number.
   *
   * @throws IllegalArgumentException if the type is no integer type or does not hold the value
   */
  static GgufValue of(GgufType type, long value) {
    return new Int(type, value);
  }

  /** A {@link GgufType#FLOAT32}; mind that an {@code int} alone would become one. */
  static GgufValue of(float value) {
    return new Float32(value);
  }

  static GgufValue of(double value) {
    return new Float64(value);
  }

  static GgufValue of(boolean value) {
    return new Bool(value);
  }

  static GgufValue of(String value) {
    return new GgufText(value.getBytes(StandardCharsets.UTF_8));
  }

  /** A string that need not be valid UTF-8. */
  static GgufValue text(byte[] bytes) {
    return new GgufText(bytes);
  }

  /** An array of strings. */
  static GgufValue array(List<String> values) {
    return GgufArray.of(values);
  }

  /** An array of {@link GgufType#INT32}. */
  static GgufValue array(int... values) {
    return GgufArray.of(values);
  }

  /** An array of {@link GgufType#FLOAT32}. */
  static GgufValue array(float... values) {
    return GgufArray.of(values);
  }

  /** An array of {@link GgufType#BOOL}. */
  static GgufValue array(boolean... values) {
    return GgufArray.of(values);
  }

  /** An array of {@link GgufType#UINT8}. */
  static GgufValue array(byte... values) {
    return GgufArray.ofBytes(GgufType.UINT8, values.length, values);
  }
}
