package dev.lqmf.tensor.gguf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A GGUF header put together by hand, right or wrong. */
final class GgufBytes {
  private final GgufOutput out = new GgufOutput();

  static GgufBytes header(int version, long tensors, long keys) {
    var bytes = new GgufBytes();
    bytes.out.bytes(GgufHeader.MAGIC, 0, GgufHeader.MAGIC.length);
    return bytes.u32(version).u64(tensors).u64(keys);
  }

  static GgufBytes header(long tensors, long keys) {
    return header(3, tensors, keys);
  }

  GgufBytes u8(int value) {
    out.u8(value);
    return this;
  }

  GgufBytes u32(int value) {
    out.u32(value);
    return this;
  }

  GgufBytes u64(long value) {
    out.u64(value);
    return this;
  }

  GgufBytes string(String value) {
    return bytes(value.getBytes(StandardCharsets.UTF_8));
  }

  /** A string of any bytes. */
  GgufBytes bytes(byte... value) {
    out.u64(value.length);
    out.bytes(value, 0, value.length);
    return this;
  }

  GgufBytes key(String name, GgufType type) {
    return string(name).u32(type.id());
  }

  /** An F32 vector of 8 elements, 32 bytes. */
  GgufBytes vector(String name, long offset) {
    return string(name).u32(1).u64(8).u32(0).u64(offset);
  }

  /** Zeros up to the alignment and as many of them as data. */
  GgufBytes data(int bytes) {
    out.padTo(GgufMetadata.DEFAULT_ALIGNMENT);
    for (int i = 0; i < bytes; i++) {
      out.u8(0);
    }
    return this;
  }

  byte[] toByteArray() {
    return out.toByteArray();
  }

  Path write(Path file) throws IOException {
    return Files.write(file, out.toByteArray());
  }
}
