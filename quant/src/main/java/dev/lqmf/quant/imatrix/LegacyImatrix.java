package dev.lqmf.quant.imatrix;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The form before 2025, little-endian:
 *
 * <pre>
 *   i32 entries; then for each entry
 *       i32 length, name; i32 calls; i32 values; float32[values]
 *   and, mostly, i32 chunks; i32 length, name of the dataset
 * </pre>
 *
 * A value divided by the number of calls is the mean square.
 */
final class LegacyImatrix {
  private static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat F32 =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final ReadableFile file;
  private long position;

  private LegacyImatrix(ReadableFile file) {
    this.file = file;
  }

  static ImportanceMatrix read(ReadableFile file) throws IOException {
    return new LegacyImatrix(file).read();
  }

  private ImportanceMatrix read() throws IOException {
    int entries = number("the number of entries");
    if (entries < 1) {
      throw damaged("says that it has " + entries + " entries");
    }
    Map<String, float[]> weights = new HashMap<>();
    for (int i = 0; i < entries; i++) {
      String name = text("the name of entry " + i);
      int calls = number("the calls of " + quote(name));
      int count = number("the size of " + quote(name));
      if (count < 1) {
        throw damaged("has %d values for %s".formatted(count, quote(name)));
      }
      MemorySegment bytes = bytes((long) count * Float.BYTES, "the values of " + quote(name));
      float[] values = new float[count];
      for (int j = 0; j < count; j++) {
        float value = bytes.getAtIndex(F32, j);
        values[j] = calls > 0 ? value / calls : value;
      }
      if (weights.put(name, values) != null) {
        throw damaged("has " + quote(name) + " twice");
      }
    }
    int chunks = 0;
    List<String> datasets = List.of();
    if (position < file.size()) {
      chunks = number("the number of chunks");
      if (position < file.size()) {
        String dataset = text("the dataset's name");
        datasets = dataset.isEmpty() ? List.of() : List.of(dataset);
      }
    }
    return new ImportanceMatrix(file.path(), weights, datasets, chunks);
  }

  private int number(String what) throws IOException {
    return bytes(Integer.BYTES, what).get(I32, 0);
  }

  private String text(String what) throws IOException {
    int length = number("the length of " + what);
    if (length < 0) {
      throw damaged("says that " + what + " has " + length + " bytes");
    }
    byte[] text = bytes(length, what).toArray(ValueLayout.JAVA_BYTE);
    return new String(text, StandardCharsets.UTF_8);
  }

  /** The next bytes; their number is checked against the file before memory is taken for them. */
  private MemorySegment bytes(long length, String what) throws IOException {
    if (length > file.size() - position || length > Integer.MAX_VALUE - 8) {
      throw damaged(
          "ends at byte %d, but %s needs %d bytes from byte %d on"
              .formatted(file.size(), what, length, position));
    }
    MemorySegment bytes = MemorySegment.ofArray(new byte[(int) length]);
    file.read(position, bytes);
    position += length;
    return bytes;
  }

  private InputException damaged(String problem) {
    return new InputException(
        file.path() + " is not an importance matrix: it " + problem,
        "name a file made by llama-imatrix");
  }
}
