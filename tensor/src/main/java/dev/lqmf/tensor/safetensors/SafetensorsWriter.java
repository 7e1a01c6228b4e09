package dev.lqmf.tensor.safetensors;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSink;
import dev.lqmf.tensor.file.AtomicFile;
import dev.lqmf.tensor.file.TensorFileWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
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
import java.util.stream.Collectors;

/**
 * Writes a safetensors file with the bytes that the reference library gives: the widest types
 * first, those of one type by name, a header without blanks but for those that bring it to a
 * multiple of eight bytes.
 */
public final class SafetensorsWriter implements TensorSink {
  private static final int HEADER_ALIGNMENT = 8;

  private final TensorFileWriter file;

  private SafetensorsWriter(TensorFileWriter file) {
    this.file = file;
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
    check(tensors);
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
      json.append(json.length() > 1 ? "," : "")
          .append(string(tensor.name()))
          .append(":{\"dtype\":")
          .append(string(tensor.type().name()))
          .append(",\"shape\":")
          .append(Arrays.toString(tensor.shape().toArray()).replace(" ", ""))
          .append(",\"data_offsets\":[")
          .append(positions[i])
          .append(',')
          .append(next)
          .append("]}");
    }
    byte[] header = header(json.append('}').toString());
    for (int i = 0; i < positions.length; i++) {
      positions[i] += header.length;
    }
    return new SafetensorsWriter(
        TensorFileWriter.create(
            target, header, tensors, positions, Math.addExact(next, header.length)));
  }

  /**
   * Deletes what killed runs left behind while writing this file.
   *
   * @return the number of files deleted
   */
  public static int removeDebris(Path target) throws IOException {
    return AtomicFile.removeDebris(target);
  }

  private static void check(List<TensorInfo> tensors) {
    Set<String> names = new HashSet<>();
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

  private static byte[] header(String json) {
    byte[] text = json.getBytes(StandardCharsets.UTF_8);
    int length = Math.ceilDiv(text.length, HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
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
    file.write(tensor, byteOffset, bytes);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if fewer or more bytes were written than the tensors have
   */
  @Override
  public void commit() throws IOException {
    file.commit();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
