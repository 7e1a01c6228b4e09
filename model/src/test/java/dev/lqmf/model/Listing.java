package dev.lqmf.model;

import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.gguf.GgufArray;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufType;
import dev.lqmf.tensor.gguf.GgufValue;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/** What a GGUF file holds, line by line, as {@code interop/convert/listing.py} writes it. */
final class Listing {
  private Listing() {}

  /** {@code key TYPE value} of all metadata. */
  static List<String> metadata(GgufMetadata metadata) {
    List<String> lines = new ArrayList<>();
    metadata.values().forEach((key, value) -> lines.add(key + " " + describe(value)));
    return lines;
  }

  private static String describe(GgufValue value) {
    if (value instanceof GgufArray array && array.elementType() == GgufType.UINT8) {
      byte[] bytes = new byte[array.size()];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) array.integer(i);
      }
      return "ARRAY,UINT8 " + hash(bytes);
    }
    if (value instanceof GgufArray array) {
      List<String> items =
          IntStream.range(0, array.size())
              .mapToObj(
                  i ->
                      switch (array.elementType()) {
                        case STRING -> array.string(i);
                        case FLOAT32 -> shortest((float) array.real(i));
                        case BOOL -> Boolean.toString(array.bool(i));
                        default -> Long.toString(array.integer(i));
                      })
              .toList();
      return "ARRAY," + array.elementType().name() + " " + items;
    }
    String text =
        value.type() == GgufType.FLOAT32
            ? Double.toString(Double.parseDouble(value.toString()))
            : value.toString();
    return value.type().name() + " " + text;
  }

  private static String shortest(float value) {
    return Double.toString(Double.parseDouble(Float.toString(value)));
  }

  /** The same of an expected listing. */
  static List<String> metadata(JsonNode expected) {
    List<String> lines = new ArrayList<>();
    for (JsonNode entry : expected) {
      List<String> types = new ArrayList<>();
      entry.path("type").forEach(t -> types.add(t.stringValue()));
      lines.add(
          entry.path("key").stringValue()
              + " "
              + String.join(",", types)
              + " "
              + describe(entry.path("value"), types.getLast()));
    }
    return lines;
  }

  private static String describe(JsonNode value, String type) {
    if (value.isArray()) {
      List<String> items = new ArrayList<>();
      value.forEach(v -> items.add(describe(v, type)));
      return items.toString();
    }
    return type.equals("FLOAT32") ? shortest((float) value.doubleValue()) : value.asString();
  }

  /**
   * {@code name shape TYPE hash} of all tensors, converted to the given type as llama.cpp would.
   */
  static List<String> tensors(TensorSource source, TensorType output) throws IOException {
    List<String> lines = new ArrayList<>();
    for (TensorInfo tensor : source.tensors()) {
      TensorType type = staysFloat32(tensor) ? TensorType.F32 : output;
      List<Long> shape = new ArrayList<>();
      for (long dim : tensor.shape().toArray()) {
        shape.addFirst(dim);
      }
      lines.add(
          tensor.name() + " " + shape + " " + type + " " + hash(converted(source, tensor, type)));
    }
    return lines;
  }

  /** The same of an expected listing. */
  static List<String> tensors(JsonNode expected) {
    List<String> lines = new ArrayList<>();
    for (JsonNode tensor : expected) {
      List<Long> shape = new ArrayList<>();
      tensor.path("shape").forEach(n -> shape.add(n.longValue()));
      lines.add(
          tensor.path("name").stringValue()
              + " "
              + shape
              + " "
              + tensor.path("type").stringValue()
              + " "
              + tensor.path("sha256").stringValue());
    }
    return lines;
  }

  private static boolean staysFloat32(TensorInfo tensor) {
    return tensor.shape().rank() <= 1
        || tensor.name().equals("position_embd.weight")
        || tensor.name().endsWith("ffn_gate_inp.weight");
  }

  static byte[] read(TensorSource source, TensorInfo tensor) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bytes = arena.allocate(Math.max(1, tensor.byteSize()));
      source.read(tensor, 0, bytes.asSlice(0, tensor.byteSize()));
      return bytes.asSlice(0, tensor.byteSize()).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private static byte[] converted(TensorSource source, TensorInfo tensor, TensorType output)
      throws IOException {
    byte[] stored = read(source, tensor);
    if (tensor.type() == output) {
      return stored;
    }
    MemorySegment from = MemorySegment.ofArray(stored);
    int count = (int) tensor.shape().elements();
    byte[] converted = new byte[(int) output.byteSize(count)];
    MemorySegment to = MemorySegment.ofArray(converted);
    for (int i = 0; i < count; i++) {
      float value =
          switch (tensor.type()) {
            case F32 -> from.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i);
            case F16 -> Float.float16ToFloat(from.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i));
            case BF16 ->
                Float.intBitsToFloat(from.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i) << 16);
            default -> throw new IllegalArgumentException(tensor.toString());
          };
      switch (output) {
        case F32 -> to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, value);
        case F16 -> to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, Float.floatToFloat16(value));
        case BF16 -> {
          int bits = Float.floatToRawIntBits(value);
          int rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
          to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, (short) rounded);
        }
        default -> throw new IllegalArgumentException(output.toString());
      }
    }
    return converted;
  }

  static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** A file or directory of this package's test resources. */
  static Path resource(String name) {
    return Path.of("src/test/resources/dev/lqmf/model").resolve(name);
  }
}
