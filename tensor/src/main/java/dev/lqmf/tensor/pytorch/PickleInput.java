package dev.lqmf.tensor.pytorch;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The bytes of a pickle, read in order. Lengths are checked against what is left before anything is
 * allocated for them.
 */
final class PickleInput {
  /** A checkpoint of 100,000 tensors takes some 20 MB. */
  static final int MAX_BYTES = 64 << 20;

  private static final int BUFFER = 64 << 10;

  /** A global's module or name. */
  private static final int MAX_LINE = 1024;

  private final ReadableFile file;
  private final long end;
  private final byte[] buffer;

  /** Position in the file of the first byte in the buffer. */
  private long bufferStart;

  private int filled;
  private int next;

  PickleInput(ReadableFile file, long position, long length) {
    this.file = file;
    this.buffer = new byte[(int) Math.min(BUFFER, length)];
    this.bufferStart = position;
    this.end = position + length;
  }

  /** Position in the file of the next byte. */
  long position() {
    return bufferStart + next;
  }

  int u8() throws IOException {
    if (next == filled) {
      fill();
    }
    return buffer[next++] & 0xFF;
  }

  int u16() throws IOException {
    return u8() | u8() << 8;
  }

  int i32() throws IOException {
    return u16() | u16() << 16;
  }

  long i64() throws IOException {
    return (i32() & 0xFFFF_FFFFL) | (long) i32() << 32;
  }

  byte[] bytes(long length) throws IOException {
    if (length < 0 || length > end - position()) {
      throw damaged(
          "claims %s bytes at byte %d, where %d are left"
              .formatted(Long.toUnsignedString(length), position(), end - position()));
    }
    byte[] bytes = new byte[Math.toIntExact(length)];
    int buffered = Math.min(bytes.length, filled - next);
    System.arraycopy(buffer, next, bytes, 0, buffered);
    next += buffered;
    if (buffered < bytes.length) {
      file.read(position(), MemorySegment.ofArray(bytes).asSlice(buffered));
      bufferStart = position() + bytes.length - buffered;
      filled = 0;
      next = 0;
    }
    return bytes;
  }

  String text(long length) throws IOException {
    return decode(bytes(length));
  }

  /** Text up to a line feed, which is left out. */
  String line() throws IOException {
    ByteBuffer line = ByteBuffer.allocate(MAX_LINE);
    for (int b = u8(); b != '\n'; b = u8()) {
      if (!line.hasRemaining()) {
        throw damaged("has a name of more than " + MAX_LINE + " bytes");
      }
      line.put((byte) b);
    }
    byte[] bytes = new byte[line.position()];
    line.flip().get(bytes);
    return decode(bytes);
  }

  private String decode(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw damaged("holds text that is not valid UTF-8 before byte " + position());
    }
  }

  private void fill() throws IOException {
    long position = position();
    if (position >= end) {
      throw damaged("ends at byte " + end + ", within an object");
    }
    int n = (int) Math.min(buffer.length, end - position);
    file.read(position, MemorySegment.ofArray(buffer).asSlice(0, n));
    bufferStart = position;
    filled = n;
    next = 0;
  }

  InputException damaged(String problem) {
    return PytorchFile.damaged(file.path(), "its pickle " + problem);
  }

  ReadableFile file() {
    return file;
  }
}
