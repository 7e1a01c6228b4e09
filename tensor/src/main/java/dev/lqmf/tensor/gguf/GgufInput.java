package dev.lqmf.tensor.gguf;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The header of a file, checked from its beginning as far as the parser goes, through a window of
 * fixed size: nothing is allocated for a length that a file claims before all of it is found to be
 * there.
 *
 * <p>It remembers what is being read, for messages, without building them: a header has hundreds of
 * thousands of strings, and opening a file must take milliseconds.
 */
final class GgufInput {
  /** Far more than any vocabulary takes; the largest known headers have some 20 MB. */
  static final int MAX_HEADER = 128 << 20;

  /** Holds the longest name, and is read in little time. */
  private static final int WINDOW = 256 << 10;

  private final ReadableFile file;
  private final byte[] window;

  /** Position in the file of the first byte in the window. */
  private long windowStart;

  private int windowLength;
  private long position;

  private @Nullable String kind;
  private long index;
  private @Nullable String name;

  GgufInput(ReadableFile file) {
    this.file = file;
    this.window = new byte[(int) Math.min(WINDOW, file.size())];
  }

  /** From here on, messages speak of the key or tensor with this number. */
  void begin(String kind, long index) {
    this.kind = kind;
    this.index = index;
    this.name = null;
  }

  /** Bytes gone past. */
  int position() {
    return (int) position;
  }

  /** Bytes between here and the end of the file. */
  long left() {
    return file.size() - position;
  }

  /** Everything up to here, read again in one piece. */
  byte[] consumed() throws IOException {
    byte[] bytes = new byte[position()];
    file.read(0, MemorySegment.ofArray(bytes));
    return bytes;
  }

  int u8() throws IOException {
    int at = take(Byte.BYTES);
    return window[at] & 0xFF;
  }

  int u32() throws IOException {
    return LittleEndian.i32(window, take(Integer.BYTES));
  }

  long u64() throws IOException {
    return LittleEndian.i64(window, take(Long.BYTES));
  }

  /** The name of what has begun: valid UTF-8, not empty. Messages use it from here on. */
  String name(int maxBytes) throws IOException {
    long length = u64();
    if (length <= 0 || length > maxBytes) {
      throw damaged(
          "has a name of %s bytes; 1 to %d are allowed"
              .formatted(Long.toUnsignedString(length), maxBytes));
    }
    int at = take((int) length);
    try {
      name =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(window, at, (int) length))
              .toString();
      return name;
    } catch (CharacterCodingException e) {
      String shown = new String(window, at, (int) length, StandardCharsets.UTF_8);
      throw damaged("has the name " + quote(shown) + ", which is not valid UTF-8");
    }
  }

  void skipString() throws IOException {
    skip(u64());
  }

  /** Goes past a number of bytes, which the file must have. */
  void skip(long bytes) {
    if (bytes < 0 || bytes > left()) {
      throw damaged(
          "takes %s bytes at byte %d, but the file has only %d"
              .formatted(Long.toUnsignedString(bytes), position, file.size()));
    }
    if (bytes > MAX_HEADER - position) {
      throw damaged(
          "makes the header larger than %,d bytes, too large to be true".formatted(MAX_HEADER));
    }
    position += bytes;
  }

  /**
   * Goes past a few bytes and brings them into the window.
   *
   * @return where they begin in it
   */
  private int take(int bytes) throws IOException {
    long start = position;
    skip(bytes);
    if (position > windowStart + windowLength) {
      windowStart = start;
      windowLength = (int) Math.min(window.length, file.size() - start);
      file.read(start, MemorySegment.ofArray(window).asSlice(0, windowLength));
    }
    return (int) (start - windowStart);
  }

  /**
   * An error about what is being read.
   *
   * @param problem goes on after its name
   */
  InputException damaged(String problem) {
    return new InputException(
        file.path() + ": " + subject() + problem,
        "the file is damaged or incomplete; download or convert it again");
  }

  String subject() {
    if (kind == null) {
      return "its header ";
    }
    return kind + " " + (name == null ? index : quote(name)) + " ";
  }
}
