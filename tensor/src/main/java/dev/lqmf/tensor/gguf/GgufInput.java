package dev.lqmf.tensor.gguf;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The header of a file, read from its beginning as far as the parser goes. Nothing is allocated for
 * a length that a file claims before the file has been found to be that long.
 */
final class GgufInput {
  /** Far more than any vocabulary takes; the largest known headers have some 20 MB. */
  static final int MAX_HEADER = 128 << 20;

  private static final int FIRST_READ = 256 << 10;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final ReadableFile file;
  private byte[] buffer = new byte[0];
  private int position;

  GgufInput(ReadableFile file) {
    this.file = file;
  }

  Path path() {
    return file.path();
  }

  int position() {
    return position;
  }

  /** Bytes between here and the end of the file. */
  long left() {
    return file.size() - position;
  }

  /** Everything up to here, as an array of its own. */
  byte[] consumed() {
    return Arrays.copyOf(buffer, position);
  }

  int u8(String what) throws IOException {
    int at = advance(Byte.BYTES, what);
    return buffer[at] & 0xFF;
  }

  int u32(String what) throws IOException {
    int at = advance(Integer.BYTES, what);
    return (int) INT.get(buffer, at);
  }

  long u64(String what) throws IOException {
    int at = advance(Long.BYTES, what);
    return (long) LONG.get(buffer, at);
  }

  /** A string that a person chose: valid UTF-8, not empty. */
  String name(int maxBytes, String what) throws IOException {
    long length = u64("the length of " + what);
    if (length <= 0 || length > maxBytes) {
      throw damaged(
          "%s is %s bytes long; 1 to %d are allowed"
              .formatted(what, Long.toUnsignedString(length), maxBytes));
    }
    int at = advance(length, what);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(buffer, at, (int) length))
          .toString();
    } catch (CharacterCodingException e) {
      String shown = new String(buffer, at, (int) length, StandardCharsets.UTF_8);
      throw damaged(what + ", " + quote(shown) + ", is not valid UTF-8");
    }
  }

  /** Goes past a number of bytes, which the file must have. */
  int advance(long bytes, String what) throws IOException {
    if (bytes < 0 || bytes > left()) {
      throw damaged(
          "%s takes %s bytes at byte %d, but the file has only %d"
              .formatted(what, Long.toUnsignedString(bytes), position, file.size()));
    }
    if (bytes > MAX_HEADER - position) {
      throw damaged("its header is larger than %,d bytes at %s".formatted(MAX_HEADER, what));
    }
    int start = position;
    position += (int) bytes;
    if (position > buffer.length) {
      int loaded = buffer.length;
      long wanted = Math.max(position, Math.max(FIRST_READ, 2L * loaded));
      buffer = Arrays.copyOf(buffer, (int) Math.min(wanted, file.size()));
      file.read(loaded, MemorySegment.ofArray(buffer).asSlice(loaded));
    }
    return start;
  }

  InputException damaged(String problem) {
    return new InputException(
        file.path() + ": " + problem,
        "the file is damaged or incomplete; download or convert it again");
  }
}
