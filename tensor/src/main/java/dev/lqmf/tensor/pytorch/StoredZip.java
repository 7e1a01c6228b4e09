package dev.lqmf.tensor.pytorch;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A zip archive whose entries are stored without compression, so that each is a range of the file.
 * (The JDK's reader gives streams, not positions.)
 *
 * <p>Definition: PKWARE's APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 (central directory),
 * 4.3.14 to 4.3.16 (its end, with zip64), 4.5.3 (zip64 sizes).
 */
final class StoredZip {
  private static final int LOCAL_HEADER = 0x04034b50;
  private static final int CENTRAL_HEADER = 0x02014b50;
  private static final int END = 0x06054b50;
  private static final int END64 = 0x06064b50;
  private static final int END64_LOCATOR = 0x07064b50;

  private static final int LOCAL_HEADER_BYTES = 30;
  private static final int CENTRAL_HEADER_BYTES = 46;
  private static final int END_BYTES = 22;
  private static final int END64_BYTES = 56;
  private static final int LOCATOR_BYTES = 20;
  private static final int MAX_COMMENT = 0xFFFF;
  private static final int ZIP64_EXTRA = 1;

  /** A checkpoint of 100,000 tensors takes some 10 MB. */
  private static final int MAX_DIRECTORY = 64 << 20;

  private final ReadableFile file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  /** Where an entry's bytes lie in the file. */
  record Range(long position, long length) {}

  private record Entry(int flags, int method, long packed, long length, long header) {}

  private record Directory(long position, long length) {}

  private StoredZip(ReadableFile file) {
    this.file = file;
  }

  static StoredZip open(ReadableFile file) throws IOException {
    var zip = new StoredZip(file);
    zip.readEntries(zip.findDirectory());
    return zip;
  }

  Set<String> names() {
    return entries.keySet();
  }

  /** The place of an entry's bytes, if there is such an entry. */
  Optional<Range> find(String name) throws IOException {
    Entry entry = entries.get(name);
    if (entry == null) {
      return Optional.empty();
    }
    if (entry.method != 0 || (entry.flags & 1) != 0 || entry.packed != entry.length) {
      throw new InputException(
          "%s: entry %s is compressed or encrypted".formatted(file.path(), quote(name)),
          "store the archive as torch.save writes it");
    }
    ByteBuffer header = bytes(entry.header, LOCAL_HEADER_BYTES, "the header of an entry");
    if (header.getInt(0) != LOCAL_HEADER) {
      throw damaged("entry " + quote(name) + " has no header at byte " + entry.header);
    }
    long position = entry.header + LOCAL_HEADER_BYTES + u16(header, 26) + u16(header, 28);
    if (position > file.size() || entry.length > file.size() - position) {
      throw damaged(
          "entry %s (%d bytes at %d) does not lie within the file"
              .formatted(quote(name), entry.length, position));
    }
    return Optional.of(new Range(position, entry.length));
  }

  private Directory findDirectory() throws IOException {
    int tailLength = (int) Math.min(file.size(), END_BYTES + MAX_COMMENT);
    long tailStart = file.size() - tailLength;
    ByteBuffer tail = bytes(tailStart, tailLength, "the end of the archive");
    for (int at = tailLength - END_BYTES; at >= 0; at--) {
      if (tail.getInt(at) == END && at + END_BYTES + u16(tail, at + 20) == tailLength) {
        Optional<Directory> zip64 = findDirectory64(tailStart + at - LOCATOR_BYTES);
        return zip64.isPresent()
            ? zip64.get()
            : new Directory(u32(tail, at + 16), u32(tail, at + 12));
      }
    }
    throw damaged("has no end of a zip archive");
  }

  private Optional<Directory> findDirectory64(long locatorPosition) throws IOException {
    if (locatorPosition < 0) {
      return Optional.empty();
    }
    ByteBuffer locator = bytes(locatorPosition, LOCATOR_BYTES, "the end of the archive");
    if (locator.getInt(0) != END64_LOCATOR) {
      return Optional.empty();
    }
    ByteBuffer end = bytes(locator.getLong(8), END64_BYTES, "the zip64 end of the archive");
    if (end.getInt(0) != END64) {
      throw damaged("has no zip64 end of the archive at byte " + locator.getLong(8));
    }
    return Optional.of(new Directory(end.getLong(48), end.getLong(40)));
  }

  private void readEntries(Directory directory) throws IOException {
    if (directory.length < 0 || directory.length > MAX_DIRECTORY) {
      throw damaged("claims a directory of " + Long.toUnsignedString(directory.length) + " bytes");
    }
    ByteBuffer all = bytes(directory.position, (int) directory.length, "the directory");
    while (all.hasRemaining()) {
      int start = all.position();
      if (all.remaining() < CENTRAL_HEADER_BYTES || all.getInt(start) != CENTRAL_HEADER) {
        throw damaged("has a damaged directory at byte " + (directory.position + start));
      }
      int nameLength = u16(all, start + 28);
      int extraLength = u16(all, start + 30);
      int end = start + CENTRAL_HEADER_BYTES + nameLength + extraLength + u16(all, start + 32);
      if (end > all.limit()) {
        throw damaged("has a directory that ends within an entry");
      }
      int nameStart = start + CENTRAL_HEADER_BYTES;
      String name = new String(all.array(), nameStart, nameLength, StandardCharsets.UTF_8);
      Entry entry = entry(all, start, nameStart + nameLength, extraLength);
      if (entries.put(name, entry) != null) {
        throw damaged("has the entry " + quote(name) + " twice");
      }
      all.position(end);
    }
  }

  /** A size or offset that does not fit 32 bits is all ones, and follows among the extra fields. */
  private Entry entry(ByteBuffer all, int start, int extraStart, int extraLength) {
    long[] wide = {u32(all, start + 24), u32(all, start + 20), u32(all, start + 42)};
    int end = extraStart + extraLength;
    for (int at = extraStart; at + 4 <= end; ) {
      int fieldEnd = at + 4 + u16(all, at + 2);
      if (u16(all, at) == ZIP64_EXTRA) {
        int value = at + 4;
        for (int i = 0; i < wide.length; i++) {
          if (wide[i] == 0xFFFF_FFFFL) {
            if (value + Long.BYTES > Math.min(fieldEnd, end)) {
              throw damaged("has a zip64 entry without its sizes");
            }
            wide[i] = all.getLong(value);
            value += Long.BYTES;
          }
        }
        break;
      }
      at = fieldEnd;
    }
    if (wide[0] < 0 || wide[1] < 0 || wide[2] < 0) {
      throw damaged("has an entry of negative size");
    }
    return new Entry(u16(all, start + 8), u16(all, start + 10), wide[1], wide[0], wide[2]);
  }

  private ByteBuffer bytes(long position, int length, String what) throws IOException {
    if (position < 0 || position > file.size() - length) {
      throw damaged(
          "is cut short: %s would be at byte %s of %d"
              .formatted(what, Long.toUnsignedString(position), file.size()));
    }
    byte[] bytes = new byte[length];
    file.read(position, MemorySegment.ofArray(bytes));
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int u16(ByteBuffer buffer, int at) {
    return Short.toUnsignedInt(buffer.getShort(at));
  }

  private static long u32(ByteBuffer buffer, int at) {
    return Integer.toUnsignedLong(buffer.getInt(at));
  }

  private InputException damaged(String problem) {
    return PytorchFile.damaged(file.path(), problem);
  }
}
