package dev.lqmf.tensor.gguf;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A string as a file holds it: bytes, in UTF-8 as a rule, but tokens may be cut anywhere. */
public final class GgufText implements GgufValue {
  private final byte[] buffer;
  private final int offset;
  private final int length;

  GgufText(byte[] bytes) {
    this(bytes.clone(), 0, bytes.length);
  }

  /** Shares the buffer, which nobody changes any more. */
  GgufText(byte[] buffer, int offset, int length) {
    this.buffer = buffer;
    this.offset = offset;
    this.length = length;
  }

  @Override
  public GgufType type() {
    return GgufType.STRING;
  }

  /** The string; what is not valid UTF-8 becomes U+FFFD. */
  public String value() {
    return new String(buffer, offset, length, StandardCharsets.UTF_8);
  }

  /** The bytes, as a new array. */
  public byte[] bytes() {
    return Arrays.copyOfRange(buffer, offset, offset + length);
  }

  int length() {
    return length;
  }

  void writeTo(GgufOutput out) {
    out.u64(length);
    out.bytes(buffer, offset, length);
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof GgufText t
        && Arrays.equals(buffer, offset, offset + length, t.buffer, t.offset, t.offset + t.length);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes());
  }

  @Override
  public String toString() {
    return value();
  }
}
