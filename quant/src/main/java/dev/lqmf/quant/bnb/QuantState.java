package dev.lqmf.quant.bnb;

import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.file.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * What a 4-bit checkpoint says of a matrix beside its numbers: the JSON text that bitsandbytes puts
 * into the tensor {@code X.weight.quant_state.bitsandbytes__nf4} ({@code QuantState.as_dict}).
 *
 * @param format NF4 or FP4
 * @param blockSize weights that share a scale
 * @param dtype type of the weights before and when decoded: F32, F16 or BF16
 * @param shape of the matrix
 * @param nestedBlockSize scales that share a nested scale; 0 without double quantization
 * @param nestedOffset what was taken off the scales, if they are double quantized
 */
public record QuantState(
    FourBitFormat format,
    int blockSize,
    TensorType dtype,
    Shape shape,
    int nestedBlockSize,
    OptionalDouble nestedOffset) {

  private static final String KEY = "quant_state.bitsandbytes__";
  private static final int MAX_NESTING = 4;
  private static final Map<String, TensorType> DTYPES =
      Map.of("float32", TensorType.F32, "float16", TensorType.F16, "bfloat16", TensorType.BF16);

  /** The state of a matrix quantized here. */
  public static QuantState of(
      FourBitFormat format, int blockSize, TensorType dtype, Shape shape, boolean nested) {
    return new QuantState(
        format,
        blockSize,
        dtype,
        shape,
        nested ? NestedScales.BLOCK : 0,
        nested ? OptionalDouble.of(0) : OptionalDouble.empty());
  }

  /** The same with that offset. */
  public QuantState withOffset(float offset) {
    return new QuantState(
        format, blockSize, dtype, shape, nestedBlockSize, OptionalDouble.of(offset));
  }

  /** PyTorch's name of a floating-point type. */
  public static String torchName(TensorType type) {
    return DTYPES.entrySet().stream()
        .filter(e -> e.getValue() == type)
        .map(Map.Entry::getKey)
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(type + " has no name here"));
  }

  /** The end of the name of a tensor with a state of that format. */
  public static String key(FourBitFormat format) {
    return KEY + format.label();
  }

  boolean isNested() {
    return nestedOffset.isPresent();
  }

  /** The text as the library writes it. */
  public byte[] toBytes() {
    var json = new StringBuilder();
    json.append("{\"quant_type\": \"").append(format.label());
    json.append("\", \"blocksize\": ").append(blockSize);
    json.append(", \"dtype\": \"").append(torchName(dtype));
    json.append("\", \"shape\": ")
        .append(
            LongStream.of(shape.toArray())
                .mapToObj(Long::toString)
                .collect(Collectors.joining(", ", "[", "]")));
    if (isNested()) {
      json.append(", \"nested_blocksize\": ").append(nestedBlockSize);
      json.append(", \"nested_dtype\": \"float32\"");
      json.append(", \"nested_offset\": ").append(python(nestedOffset.getAsDouble()));
    }
    return json.append('}').toString().getBytes(StandardCharsets.UTF_8);
  }

  /** The longest text that a state like this can have, whatever its offset. */
  public int maxBytes() {
    // No double is longer than this one.
    return isNested()
        ? new QuantState(
                format,
                blockSize,
                dtype,
                shape,
                nestedBlockSize,
                OptionalDouble.of(-2.2250738585072014e-308))
            .toBytes()
            .length
        : toBytes().length;
  }

  /** A number as Python's {@code repr} writes it: the shortest digits, exponents from 1e16 on. */
  static String python(double value) {
    if (value == 0) {
      return Double.toString(value);
    }
    BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = decimal.precision() - decimal.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = decimal.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String digits = decimal.unscaledValue().abs().toString();
    return (value < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }

  /**
   * Reads a state.
   *
   * @throws IllegalArgumentException if it is damaged or of a kind unknown here; the message says
   *     what is wrong
   */
  static QuantState parse(byte[] text) throws IOException {
    Map<String, Object> values = new HashMap<>();
    try (JsonParser json = Json.parser(new ByteArrayInputStream(text), MAX_NESTING)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException("it is not a JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = json.currentName();
        switch (json.nextToken()) {
          case VALUE_STRING -> values.put(name, json.getString());
          case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> values.put(name, json.getDoubleValue());
          case START_ARRAY -> values.put(name, dims(json));
          default -> json.skipChildren();
        }
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException("it is not valid JSON: " + Json.problem(e), e);
    }
    return new QuantState(
        formatOf(values.get("quant_type")),
        positive(values, "blocksize"),
        dtypeOf(values.get("dtype")),
        values.get("shape") instanceof Shape shape ? shape : wrong("shape", values.get("shape")),
        values.containsKey("nested_offset") ? positive(values, "nested_blocksize") : 0,
        values.get("nested_offset") instanceof Double offset
            ? OptionalDouble.of(offset)
            : OptionalDouble.empty());
  }

  private static Shape dims(JsonParser json) {
    long[] dims = new long[8];
    int rank = 0;
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (json.currentToken() != JsonToken.VALUE_NUMBER_INT || rank == dims.length) {
        throw new IllegalArgumentException("its shape is not a list of a few numbers");
      }
      dims[rank++] = json.getLongValue();
    }
    return Shape.of(Arrays.copyOf(dims, rank));
  }

  private static FourBitFormat formatOf(@Nullable Object name) {
    return Arrays.stream(FourBitFormat.values())
        .filter(f -> f.label().equals(name))
        .findFirst()
        .orElseGet(() -> wrong("quant_type", name));
  }

  private static TensorType dtypeOf(@Nullable Object name) {
    TensorType type = name instanceof String s ? DTYPES.get(s) : null;
    return type == null ? wrong("dtype", name) : type;
  }

  private static int positive(Map<String, Object> values, String key) {
    return values.get(key) instanceof Double d && d >= 2 && d <= 1 << 20 && d.intValue() == d
        ? d.intValue()
        : wrong(key, values.get(key));
  }

  private static <T> T wrong(String key, @Nullable Object value) {
    throw new IllegalArgumentException("its " + key + " is " + value);
  }
}
