package dev.lqmf.tensor.gguf;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Everything before the data of one GGUF file.
 *
 * <pre>
 * "GGUF"  u32 version  u64 tensors  u64 keys
 * keys ×    string key  u32 type  value
 * tensors × string name  u32 rank  u64 dims[rank], innermost first  u32 type  u64 offset
 * zeros up to the alignment, then the data; offsets count from there
 * </pre>
 *
 * A string is a u64 length and bytes; an array a u32 type, a u64 length and elements.
 *
 * @param offsets where each tensor begins, counted from the beginning of the file
 */
record GgufHeader(
    int version, GgufMetadata metadata, List<TensorInfo> tensors, List<Long> offsets) {
  static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

  /** ggml's {@code GGML_MAX_DIMS}. */
  static final int MAX_RANK = 4;

  /** As the definition has it; {@code GGML_MAX_NAME}, 64, counts a terminating zero. */
  static final int MAX_NAME = 64;

  /** As the definition has it. */
  static final int MAX_KEY = 65_535;

  /** Arrays in arrays: the definition allows them, llama.cpp does not, nothing known has any. */
  private static final int MAX_NESTING = 4;

  /** The largest models have some 100,000 tensors, and not in one file. */
  private static final int MAX_TENSORS = 1_000_000;

  /** Real files have fewer than 100. */
  private static final int MAX_KEYS = 100_000;

  /** A key and where its value lies, until the header is complete in memory. */
  private record Slot(GgufType type, GgufType element, int count, int start, int end) {}

  static GgufHeader read(ReadableFile file) throws IOException {
    var in = new GgufInput(file);
    int version = readVersion(file, in);
    long tensorCount = in.u64();
    long keyCount = in.u64();
    // The least that a tensor and a key take: a name of one byte, no dimension; a key and a u8.
    requireRoom(in, tensorCount, 8 + 1 + 4 + 4 + 8, MAX_TENSORS, "tensors");
    requireRoom(in, keyCount, 8 + 1 + 4 + 1, MAX_KEYS, "metadata keys");

    Map<String, Slot> slots = new LinkedHashMap<>();
    for (long i = 0; i < keyCount; i++) {
      in.begin("metadata key", i);
      String key = in.name(MAX_KEY);
      if (slots.put(key, readValue(in)) != null) {
        throw in.damaged("occurs twice");
      }
    }
    GgufMetadata metadata = metadata(file, slots, in.consumed());
    int alignment = metadata.alignment();

    List<TensorInfo> tensors = new ArrayList<>();
    List<Long> relative = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (long i = 0; i < tensorCount; i++) {
      in.begin("tensor", i);
      TensorInfo tensor = readTensor(file, in);
      if (!names.add(tensor.name())) {
        throw in.damaged("occurs twice");
      }
      tensors.add(tensor);
      relative.add(in.u64());
    }
    long dataStart = Math.ceilDiv((long) in.position(), alignment) * alignment;
    List<Long> offsets = absolute(file, dataStart, alignment, tensors, relative);
    return new GgufHeader(version, metadata, List.copyOf(tensors), List.copyOf(offsets));
  }

  private static int readVersion(ReadableFile file, GgufInput in) throws IOException {
    byte[] magic = new byte[(int) Math.min(MAGIC.length, file.size())];
    file.read(0, MemorySegment.ofArray(magic));
    if (!Arrays.equals(magic, MAGIC)) {
      throw new InputException(
          file.path()
              + " is no GGUF file: it begins with "
              + quote(new String(magic, StandardCharsets.ISO_8859_1)),
          "name a file that llama.cpp can open");
    }
    in.skip(MAGIC.length);
    int version = in.u32();
    if ((version & 0xFFFF) == 0 && version != 0) {
      throw new InputException(
          file.path() + " is a big-endian GGUF file",
          "convert it with llama.cpp's gguf_convert_endian.py to little-endian");
    }
    if (version != 2 && version != 3) {
      throw new InputException(
          file.path()
              + " is GGUF version "
              + Integer.toUnsignedString(version)
              + "; 2 and 3 can be read",
          "convert the model to GGUF again with a current program");
    }
    return version;
  }

  /** A claimed number of things must fit the file, and reason. */
  private static void requireRoom(GgufInput in, long count, int least, int most, String what) {
    if (count < 0 || count > in.left() / least) {
      throw in.damaged(
          "claims %s %s, more than %d bytes can hold"
              .formatted(Long.toUnsignedString(count), what, in.left()));
    }
    if (count > most) {
      throw in.damaged("claims %,d %s, too many to be true".formatted(count, what));
    }
  }

  private static GgufType readType(GgufInput in) throws IOException {
    int id = in.u32();
    return GgufType.ofId(id)
        .orElseThrow(() -> in.damaged("has the unknown type " + Integer.toUnsignedString(id)));
  }

  private static Slot readValue(GgufInput in) throws IOException {
    GgufType type = readType(in);
    GgufType element = type;
    int count = 1;
    if (type == GgufType.ARRAY) {
      element = readType(in);
      count = readCount(in, element);
    }
    int start = in.position();
    skip(in, element, count, 1);
    return new Slot(type, element, count, start, in.position());
  }

  private static int readCount(GgufInput in, GgufType element) throws IOException {
    long count = in.u64();
    int least =
        switch (element) {
          case STRING -> Long.BYTES;
          case ARRAY -> Integer.BYTES + Long.BYTES;
          default -> element.byteSize();
        };
    requireRoom(in, count, least, GgufInput.MAX_HEADER / least, "elements");
    return (int) count;
  }

  /** Goes past values of one type and checks them; {@code depth} counts the arrays around them. */
  private static void skip(GgufInput in, GgufType type, int count, int depth) throws IOException {
    switch (type) {
      case STRING -> {
        for (int i = 0; i < count; i++) {
          in.skipString();
        }
      }
      case BOOL -> {
        for (int i = 0; i < count; i++) {
          int value = in.u8();
          if (value > 1) {
            throw in.damaged("is the truth value " + value + ", neither 0 nor 1");
          }
        }
      }
      case ARRAY -> {
        if (depth == MAX_NESTING) {
          throw in.damaged("has arrays in arrays deeper than " + MAX_NESTING);
        }
        for (int i = 0; i < count; i++) {
          GgufType element = readType(in);
          skip(in, element, readCount(in, element), depth + 1);
        }
      }
      default -> in.skip((long) count * type.byteSize());
    }
  }

  private static GgufMetadata metadata(ReadableFile file, Map<String, Slot> slots, byte[] bytes) {
    var values = new LinkedHashMap<String, GgufValue>();
    slots.forEach(
        (key, s) -> {
          var elements = new GgufArray(s.element, s.count, bytes, s.start, s.end - s.start);
          values.put(key, s.type == GgufType.ARRAY ? elements : elements.get(0));
        });
    return new GgufMetadata(values, file.path() + ": ");
  }

  private static TensorInfo readTensor(ReadableFile file, GgufInput in) throws IOException {
    String name = in.name(MAX_NAME);
    int rank = in.u32();
    if (rank < 0 || rank > MAX_RANK) {
      throw in.damaged(
          "has %s dimensions, more than %d".formatted(Integer.toUnsignedString(rank), MAX_RANK));
    }
    long[] dims = new long[rank];
    for (int i = rank - 1; i >= 0; i--) {
      dims[i] = in.u64();
    }
    int id = in.u32();
    TensorType type =
        TensorType.ofGgufId(id)
            .orElseThrow(
                () ->
                    new InputException(
                        file.path()
                            + ": "
                            + in.subject()
                            + "has the unknown type "
                            + Integer.toUnsignedString(id),
                        "the file is damaged, or newer than this program: update it"));
    try {
      var tensor = new TensorInfo(name, type, Shape.of(dims));
      // Rows, too, must be whole blocks, and all together have a size.
      Math.multiplyExact(tensor.rowBytes(), tensor.shape().rows());
      return tensor;
    } catch (ArithmeticException e) {
      throw in.damaged("of shape " + Arrays.toString(dims) + " is impossibly large");
    } catch (IllegalArgumentException e) {
      throw in.damaged(
          "of type %s and shape %s: %s".formatted(type, Arrays.toString(dims), e.getMessage()));
    }
  }

  /** Tensors lie aligned, within the file, and apart from each other. */
  private static List<Long> absolute(
      ReadableFile file,
      long dataStart,
      int alignment,
      List<TensorInfo> tensors,
      List<Long> relative) {
    List<Long> offsets = new ArrayList<>();
    for (int i = 0; i < tensors.size(); i++) {
      TensorInfo tensor = tensors.get(i);
      long offset = relative.get(i);
      if (offset % alignment != 0) {
        throw damaged(
            file,
            "tensor %s begins at offset %s, no multiple of the alignment %d"
                .formatted(quote(tensor.name()), Long.toUnsignedString(offset), alignment));
      }
      if (offset < 0
          || offset > file.size() - dataStart
          || tensor.byteSize() > file.size() - dataStart - offset) {
        throw damaged(
            file,
            String.format(
                Locale.ROOT,
                "tensor %s (%s bytes at offset %s of the data) does not lie within the file,"
                    + " which has %s bytes of data",
                quote(tensor.name()),
                tensor.byteSize(),
                Long.toUnsignedString(offset),
                Math.max(0, file.size() - dataStart)));
      }
      offsets.add(dataStart + offset);
    }
    Integer[] order = new Integer[tensors.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparing(offsets::get));
    long end = dataStart;
    String previous = "";
    for (int i : order) {
      TensorInfo tensor = tensors.get(i);
      if (tensor.byteSize() > 0) {
        if (offsets.get(i) < end) {
          throw damaged(
              file, "tensors " + quote(previous) + " and " + quote(tensor.name()) + " overlap");
        }
        end = offsets.get(i) + tensor.byteSize();
        previous = tensor.name();
      }
    }
    return offsets;
  }

  private static InputException damaged(ReadableFile file, String problem) {
    return new InputException(
        file.path() + ": " + problem,
        "the file is damaged or incomplete; download or convert it again");
  }
}
