package dev.lqmf.tensor.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The primitives of a GGUF header, little-endian, into memory. */
final class GgufOutput extends ByteArrayOutputStream {
  void u8(int value) {
    write(value);
  }

  void u16(int value) {
    u8(value);
    u8(value >>> 8);
  }

  void u32(int value) {
    u16(value);
    u16(value >>> 16);
  }

  void u64(long value) {
    u32((int) value);
    u32((int) (value >>> 32));
  }

  void string(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    u64(bytes.length);
    bytes(bytes, 0, bytes.length);
  }

  void bytes(byte[] source, int offset, int length) {
    write(source, offset, length);
  }

  /** A value with its type in front. */
  void value(GgufValue value) {
    u32(value.type().id());
    switch (value) {
      case GgufValue.Int v -> {
        for (int i = 0; i < v.type().byteSize(); i++) {
          u8((int) (v.value() >>> (8 * i)));
        }
      }
      case GgufValue.Float32 v -> u32(Float.floatToRawIntBits(v.value()));
      case GgufValue.Float64 v -> u64(Double.doubleToRawLongBits(v.value()));
      case GgufValue.Bool v -> u8(v.value() ? 1 : 0);
      case GgufText v -> v.writeTo(this);
      case GgufArray v -> v.writeTo(this);
    }
  }

  void padTo(int alignment) {
    while (size() % alignment != 0) {
      u8(0);
    }
  }
}
