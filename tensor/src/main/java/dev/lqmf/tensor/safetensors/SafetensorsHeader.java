package dev.lqmf.tensor.safetensors;

import static dev.lqmf.tensor.InputException.quote;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.file.Json;
import dev.lqmf.tensor.file.ReadableFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * The header of a safetensors file.
 *
 * <pre>
 * u64 n   n bytes of JSON   data
 * {"__metadata__": {"key": "text", …},
 *  "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, …}
 * </pre>
 *
 * The offsets count from the end of the header; together the tensors cover the data without gap or
 * overlap.
 *
 * @param entries sorted by name
 * @param dataStart the position of the data in the file
 */
record SafetensorsHeader(Map<String, String> fileMetadata, List<Entry> entries, long dataStart) {
  static final String METADATA = "__metadata__";

  /** The reference's {@code MAX_HEADER_SIZE}. */
  private static final int MAX_BYTES = 100_000_000;

  /** The largest models have some 100,000 tensors, and not in one file. */
  private static final int MAX_TENSORS = 1_000_000;

  private static final int MAX_RANK = 32;
  private static final int MAX_NESTING = 4;

  /**
   * The types that the format has, under our names; the writer puts their tensors in this order.
   */
  static final List<TensorType> TYPES =
      List.of(
          TensorType.U64,
          TensorType.I64,
          TensorType.F64,
          TensorType.F32,
          TensorType.U32,
          TensorType.I32,
          TensorType.BF16,
          TensorType.F16,
          TensorType.U16,
          TensorType.I16,
          TensorType.F8_E4M3,
          TensorType.F8_E5M2,
          TensorType.I8,
          TensorType.U8,
          TensorType.BOOL);

  /**
   * @param begin of the tensor's bytes in the data
   */
  record Entry(TensorInfo tensor, long begin) {}

  /** What one tensor's JSON object says, as far as it has been read. */
  private static final class Fields {
    @Nullable String dtype;
    long @Nullable [] shape;
    long @Nullable [] offsets;
  }

  static SafetensorsHeader read(ReadableFile file) throws IOException {
    if (file.size() < Long.BYTES) {
      throw damaged(file, "has only " + file.size() + " bytes and is no safetensors file");
    }
    byte[] lengthBytes = new byte[Long.BYTES];
    file.read(0, MemorySegment.ofArray(lengthBytes));
    long length = ByteBuffer.wrap(lengthBytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 2 || length > MAX_BYTES) {
      throw damaged(
          file,
          "claims a header of %s bytes; 2 to %,d are allowed"
              .formatted(Long.toUnsignedString(length), MAX_BYTES));
    }
    if (length > file.size() - Long.BYTES) {
      throw damaged(
          file,
          "claims a header of %d bytes, but has only %d bytes".formatted(length, file.size()));
    }
    byte[] begin = new byte[2];
    file.read(Long.BYTES, MemorySegment.ofArray(begin));
    // The parser would accept UTF-16 and UTF-32, which begin differently.
    if (begin[0] != '{' || begin[1] == 0) {
      throw damaged(file, "its header is not a JSON object");
    }
    long dataStart = Long.BYTES + length;
    return new Reader(file, dataStart).read(length);
  }

  private static InputException damaged(ReadableFile file, String problem) {
    return new InputException(
        file.path() + ": " + problem, "the file is damaged or incomplete; download it again");
  }

  /** The state of reading one header. */
  private static final class Reader {
    private final ReadableFile file;
    private final long dataStart;
    private final Map<String, String> fileMetadata = new LinkedHashMap<>();
    private final List<Entry> entries = new ArrayList<>();

    Reader(ReadableFile file, long dataStart) {
      this.file = file;
      this.dataStart = dataStart;
    }

    SafetensorsHeader read(long length) throws IOException {
      try (JsonParser json = Json.parser(file.stream(Long.BYTES, length), MAX_NESTING)) {
        json.nextToken();
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
          String name = json.currentName();
          if (name.equals(METADATA)) {
            readMetadata(json);
          } else {
            entries.add(readTensor(json, name));
            if (entries.size() > MAX_TENSORS) {
              throw damaged(
                  file, "has more than %,d tensors, too many to be true".formatted(MAX_TENSORS));
            }
          }
        }
        if (json.nextToken() != null) {
          throw damaged(file, "its header goes on after the JSON object");
        }
      } catch (JacksonException e) {
        throw damaged(file, "its header is not valid JSON: " + Json.problem(e));
      }
      checkCoverage();
      entries.sort(Comparator.comparing(e -> e.tensor().name()));
      return new SafetensorsHeader(
          Collections.unmodifiableMap(fileMetadata), List.copyOf(entries), dataStart);
    }

    private void readMetadata(JsonParser json) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw damaged(file, METADATA + " is not a JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = json.currentName();
        if (json.nextToken() != JsonToken.VALUE_STRING) {
          throw damaged(file, "the metadata value of " + quote(key) + " is not a string");
        }
        fileMetadata.put(key, json.getString());
      }
    }

    private Entry readTensor(JsonParser json, String name) {
      String what = "tensor " + quote(name);
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw damaged(file, what + " is not described by a JSON object");
      }
      var fields = new Fields();
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "dtype" -> {
            if (json.currentToken() != JsonToken.VALUE_STRING) {
              throw damaged(file, what + " has a dtype that is not a string");
            }
            fields.dtype = json.getString();
          }
          case "shape" -> fields.shape = readNumbers(json, what + ", shape", MAX_RANK);
          case "data_offsets" -> fields.offsets = readNumbers(json, what + ", data_offsets", 2);
          default -> throw damaged(file, what + " has the unknown field " + quote(field));
        }
      }
      return entry(name, what, fields);
    }

    private long[] readNumbers(JsonParser json, String what, int most) {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw damaged(file, what + " is not a list");
      }
      long[] numbers = new long[most];
      int n = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
          throw damaged(file, what + " holds something other than whole numbers");
        }
        if (n == most) {
          throw damaged(file, what + " has more than " + most + " numbers");
        }
        numbers[n] = json.getLongValue();
        if (numbers[n] < 0) {
          throw damaged(file, what + " holds the negative number " + numbers[n]);
        }
        n++;
      }
      return Arrays.copyOf(numbers, n);
    }

    private Entry entry(String name, String what, Fields fields) {
      if (fields.dtype == null || fields.shape == null || fields.offsets == null) {
        throw damaged(file, what + " lacks its dtype, shape or data_offsets");
      }
      String dtype = fields.dtype;
      TensorType type =
          TYPES.stream()
              .filter(t -> t.name().equals(dtype))
              .findFirst()
              .orElseThrow(
                  () ->
                      new InputException(
                          file.path() + ": " + what + " has the unsupported dtype " + quote(dtype),
                          "use a checkpoint stored as one of "
                              + TYPES.stream()
                                  .map(TensorType::name)
                                  .collect(Collectors.joining(", "))));
      long[] shape = fields.shape;
      long[] offsets = fields.offsets;
      if (offsets.length != 2 || offsets[0] > offsets[1]) {
        throw damaged(file, what + " has the data_offsets " + Arrays.toString(offsets));
      }
      if (offsets[1] > file.size() - dataStart) {
        throw damaged(
            file,
            "%s ends at byte %d of the data, but the file has only %d bytes of data"
                .formatted(what, offsets[1], file.size() - dataStart));
      }
      try {
        var tensor = new TensorInfo(name, type, Shape.of(shape));
        if (tensor.byteSize() != offsets[1] - offsets[0]) {
          throw damaged(
              file,
              "%s of dtype %s and shape %s takes %d bytes, but its data_offsets span %d"
                  .formatted(
                      what,
                      dtype,
                      Arrays.toString(shape),
                      tensor.byteSize(),
                      offsets[1] - offsets[0]));
        }
        return new Entry(tensor, offsets[0]);
      } catch (ArithmeticException e) {
        throw damaged(file, what + " of shape " + Arrays.toString(shape) + " is impossibly large");
      }
    }

    /** The reference demands it: a file has no place for anything but its tensors. */
    private void checkCoverage() {
      entries.sort(
          Comparator.comparingLong(Entry::begin).thenComparingLong(e -> e.tensor().byteSize()));
      long end = 0;
      for (Entry e : entries) {
        if (e.begin() != end) {
          throw damaged(
              file,
              "tensor %s begins at byte %d of the data, where %d is expected: %s"
                  .formatted(
                      quote(e.tensor().name()),
                      e.begin(),
                      end,
                      e.begin() < end ? "it overlaps another" : "there is a gap"));
        }
        end += e.tensor().byteSize();
      }
      if (end != file.size() - dataStart) {
        throw damaged(
            file,
            "has %d bytes of data, but its tensors take %d"
                .formatted(file.size() - dataStart, end));
      }
    }
  }
}
