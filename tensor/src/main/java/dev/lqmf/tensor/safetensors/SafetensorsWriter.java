package dev.lqmf.tensor.safetensors;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSink;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.file.AtomicFile;
import dev.lqmf.tensor.file.TensorFileWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes a safetensors file with the bytes that the reference library gives: the widest types
 * first, those of one type by name, a header without blanks but for those that bring it to a
 * multiple of eight bytes.
 */
public final class SafetensorsWriter implements TensorSink {
  private static final int HEADER_ALIGNMENT = 8;

  private final TensorFileWriter file;
  private final Layout layout;

  /** What is known late, by its place after the tensors; null until written. */
  private final AtomicReferenceArray<byte @Nullable []> late;

  private SafetensorsWriter(TensorFileWriter file, Layout layout) {
    this.file = file;
    this.layout = layout;
    this.late = new AtomicReferenceArray<>(layout.lateNames().size());
  }

  /**
   * Creates the file under a temporary name beside the target and writes its header.
   *
   * @param target the final name; an existing file is replaced by {@link #commit()}
   * @param fileMetadata written in its own order; the reference's order is random
   * @param tensors in any order; {@link #write} counts in this one
   * @throws InputException if the format cannot hold a tensor's type
   * @throws IOException if the directory does not exist or has too little space
   */
  public static SafetensorsWriter create(
      Path target, Map<String, String> fileMetadata, List<TensorInfo> tensors) throws IOException {
    return create(target, fileMetadata, tensors, Map.of());
  }

  /**
   * As the other, for a file with texts whose lengths are known only when the tensors are. They are
   * uint8 tensors of one dimension at the end of the file, which may become shorter than {@link
   * #maxFileSize}: the header has blanks where it needed less room.
   *
   * @param lateTexts names and greatest lengths, in order; {@link #write} counts them after the
   *     tensors, and takes each of them whole
   */
  public static SafetensorsWriter create(
      Path target,
      Map<String, String> fileMetadata,
      List<TensorInfo> tensors,
      Map<String, Integer> lateTexts)
      throws IOException {
    Layout layout = Layout.of(fileMetadata, tensors, lateTexts);
    byte[] header = layout.header(layout.lateLengths());
    return new SafetensorsWriter(
        TensorFileWriter.create(
            target, header, tensors, layout.positions(), layout.size(layout.lateLengths())),
        layout);
  }

  /** The size of such a file; if it has late texts, the greatest it can have. */
  public static long maxFileSize(
      Map<String, String> fileMetadata, List<TensorInfo> tensors, Map<String, Integer> lateTexts) {
    Layout layout = Layout.of(fileMetadata, tensors, lateTexts);
    return layout.size(layout.lateLengths());
  }

  /**
   * Where everything is.
   *
   * @param prefix of the header: the file's metadata and the tensors
   * @param room bytes of the header with its length
   * @param positions of the tensors in the file
   * @param end of the tensors, counted from the end of the header
   */
  private record Layout(
      String prefix,
      int room,
      long[] positions,
      long end,
      List<String> lateNames,
      List<Integer> lateLengths) {

    static Layout of(
        Map<String, String> fileMetadata,
        List<TensorInfo> tensors,
        Map<String, Integer> lateTexts) {
      check(tensors, lateTexts.keySet());
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < tensors.size(); i++) {
        order.add(i);
      }
      order.sort(
          Comparator.<Integer>comparingInt(
                  i -> SafetensorsHeader.TYPES.indexOf(tensors.get(i).type()))
              .thenComparing(
                  i -> tensors.get(i).name().getBytes(StandardCharsets.UTF_8),
                  Arrays::compareUnsigned));
      long[] positions = new long[tensors.size()];
      var json = new StringBuilder("{");
      if (!fileMetadata.isEmpty()) {
        json.append(string(SafetensorsHeader.METADATA)).append(':').append(object(fileMetadata));
      }
      long next = 0;
      for (int i : order) {
        TensorInfo tensor = tensors.get(i);
        positions[i] = next;
        next = Math.addExact(next, tensor.byteSize());
        entry(json, tensor.name(), tensor.type(), tensor.shape(), positions[i], next);
      }
      Layout unbounded =
          new Layout(
              json.toString(),
              0,
              positions,
              next,
              List.copyOf(lateTexts.keySet()),
              List.copyOf(lateTexts.values()));
      int room = unbounded.header(unbounded.lateLengths()).length;
      for (int i = 0; i < positions.length; i++) {
        positions[i] += room;
      }
      return new Layout(
          unbounded.prefix, room, positions, next, unbounded.lateNames, unbounded.lateLengths);
    }

    /** The header, at least as long as the room for it. */
    byte[] header(List<Integer> lengths) {
      var json = new StringBuilder(prefix);
      long next = end;
      for (int i = 0; i < lengths.size(); i++) {
        int length = lengths.get(i);
        entry(json, lateNames.get(i), TensorType.U8, Shape.of(length), next, next + length);
        next += length;
      }
      return SafetensorsWriter.header(json.append('}').toString(), room);
    }

    long size(List<Integer> lengths) {
      return Math.addExact(end, room) + lengths.stream().mapToLong(Integer::longValue).sum();
    }

    private static void entry(
        StringBuilder json, String name, TensorType type, Shape shape, long begin, long end) {
      json.append(json.length() > 1 ? "," : "")
          .append(string(name))
          .append(":{\"dtype\":")
          .append(string(type.name()))
          .append(",\"shape\":")
          .append(Arrays.toString(shape.toArray()).replace(" ", ""))
          .append(",\"data_offsets\":[")
          .append(begin)
          .append(',')
          .append(end)
          .append("]}");
    }
  }

  /**
   * Deletes what killed runs left behind while writing this file.
   *
   * @return the number of files deleted
   */
  public static int removeDebris(Path target) throws IOException {
    return AtomicFile.removeDebris(target);
  }

  private static void check(List<TensorInfo> tensors, Set<String> lateNames) {
    Set<String> names = new HashSet<>(lateNames);
    for (TensorInfo tensor : tensors) {
      if (!SafetensorsHeader.TYPES.contains(tensor.type())) {
        throw new InputException(
            "tensor %s is %s, a type that safetensors does not have"
                .formatted(quote(tensor.name()), tensor.type()),
            "write GGUF, or convert it to a plain type");
      }
      if (tensor.name().equals(SafetensorsHeader.METADATA) || !names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "tensor name " + quote(tensor.name()) + " is reserved or occurs twice");
      }
    }
  }

  private static byte[] header(String json, int room) {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    int length =
        Math.max(Math.ceilDiv(text.length, HEADER_ALIGNMENT) * HEADER_ALIGNMENT, room - Long.BYTES);
    byte[] header = new byte[Long.BYTES + length];
    ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(text);
    Arrays.fill(header, Long.BYTES + text.length, header.length, (byte) ' ');
    return header;
  }

  private static String object(Map<String, String> map) {
    return map.entrySet().stream()
        .map(e -> string(e.getKey()) + ":" + string(e.getValue()))
        .collect(Collectors.joining(",", "{", "}"));
  }

  /** A JSON string as the reference's serde_json writes it: only what must be is escaped. */
  private static String string(String text) {
    var json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\b' -> json.append("\\b");
        case '\f' -> json.append("\\f");
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        default -> {
          if (c < ' ') {
            json.append(String.format("\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    return json.append('"').toString();
  }

  @Override
  public void write(int tensor, long byteOffset, MemorySegment bytes) throws IOException {
    int text = tensor - layout.positions().length;
    if (text < 0) {
      file.write(tensor, byteOffset, bytes);
      return;
    }
    if (byteOffset != 0 || bytes.byteSize() > layout.lateLengths().get(text)) {
      throw new IndexOutOfBoundsException(
          "%d bytes at %d of the text %s"
              .formatted(bytes.byteSize(), byteOffset, layout.lateNames().get(text)));
    }
    late.set(text, bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if fewer or more bytes were written than the tensors have
   */
  @Override
  public void commit() throws IOException {
    if (late.length() > 0) {
      var rest = new ByteArrayOutputStream();
      List<Integer> lengths = new ArrayList<>();
      for (int i = 0; i < late.length(); i++) {
        byte[] text = late.get(i);
        if (text == null) {
          throw new IllegalStateException(layout.lateNames().get(i) + " was not written");
        }
        rest.writeBytes(text);
        lengths.add(text.length);
      }
      file.finish(layout.header(lengths), layout.room() + layout.end(), rest.toByteArray());
    }
    file.commit();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
