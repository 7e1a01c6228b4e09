package dev.lqmf.tensor.gguf;

import dev.lqmf.tensor.InputException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The metadata of a GGUF file: immutable, in the order of the file.
 *
 * <p>The typed getters are empty if the key is absent, and throw {@link InputException} if its
 * value is of another kind.
 */
public final class GgufMetadata {
  /** The key that sets the alignment of the data section. */
  public static final String ALIGNMENT = "general.alignment";

  public static final String SPLIT_NO = "split.no";
  public static final String SPLIT_COUNT = "split.count";
  public static final String SPLIT_TENSORS = "split.tensors.count";

  /** ggml's {@code GGUF_DEFAULT_ALIGNMENT}. */
  static final int DEFAULT_ALIGNMENT = 32;

  private final Map<String, GgufValue> values;
  private final String origin;

  GgufMetadata(Map<String, GgufValue> values, String origin) {
    this.values = Collections.unmodifiableMap(values);
    this.origin = origin;
  }

  public static Builder builder() {
    return new Builder(new LinkedHashMap<>());
  }

  public Builder toBuilder() {
    return new Builder(new LinkedHashMap<>(values));
  }

  /** All keys, in order. */
  public Set<String> keys() {
    return values.keySet();
  }

  /** All keys and values, in order. */
  public Map<String, GgufValue> values() {
    return values;
  }

  public Optional<GgufValue> get(String key) {
    return Optional.ofNullable(values.get(key));
  }

  public Optional<String> string(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case GgufText v -> Optional.of(v.value());
      case GgufValue v -> throw mismatch(key, v, "a string");
    };
  }

  /** A value of any integer type. */
  public OptionalLong integer(String key) {
    return switch (values.get(key)) {
      case null -> OptionalLong.empty();
      case GgufValue.Int v when v.type() != GgufType.UINT64 || v.value() >= 0 ->
          OptionalLong.of(v.value());
      case GgufValue v -> throw mismatch(key, v, "an integer below 2^63");
    };
  }

  /** A value of either floating-point type. */
  public OptionalDouble real(String key) {
    return switch (values.get(key)) {
      case null -> OptionalDouble.empty();
      case GgufValue.Float32 v -> OptionalDouble.of(v.value());
      case GgufValue.Float64 v -> OptionalDouble.of(v.value());
      case GgufValue v -> throw mismatch(key, v, "a floating-point number");
    };
  }

  public Optional<Boolean> bool(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case GgufValue.Bool v -> Optional.of(v.value());
      case GgufValue v -> throw mismatch(key, v, "a truth value");
    };
  }

  /** An array of any element type. */
  public Optional<GgufArray> array(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case GgufArray v -> Optional.of(v);
      case GgufValue v -> throw mismatch(key, v, "an array");
    };
  }

  /** An array of strings, decoded when read. */
  public Optional<List<String>> strings(String key) {
    return array(key)
        .map(
            v -> {
              if (v.elementType() != GgufType.STRING) {
                throw mismatch(key, v, "an array of strings");
              }
              return v.strings();
            });
  }

  /**
   * The alignment of the data section in bytes: what {@link #ALIGNMENT} says, or 32.
   *
   * @throws InputException if it is not a {@code u32} that is a power of two
   */
  public int alignment() {
    return switch (values.get(ALIGNMENT)) {
      case null -> DEFAULT_ALIGNMENT;
      case GgufValue.Int v
          when v.type() == GgufType.UINT32
              && Long.bitCount(v.value()) == 1
              && v.value() <= 1 << 30 ->
          (int) v.value();
      case GgufValue v -> throw mismatch(ALIGNMENT, v, "a u32 that is a power of two");
    };
  }

  /** All keys and values, one after another as a file holds them. */
  public byte[] toBytes() {
    var out = new GgufOutput();
    values.forEach(
        (key, value) -> {
          out.string(key);
          out.value(value);
        });
    return out.toByteArray();
  }

  private InputException mismatch(String key, GgufValue found, String wanted) {
    String type =
        found instanceof GgufArray a ? "array of " + a.elementType().label() : found.type().label();
    return new InputException(
        origin + "metadata key " + key + " is " + found + " (" + type + "), not " + wanted,
        "convert the model to GGUF again");
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof GgufMetadata m
        && List.copyOf(values.entrySet()).equals(List.copyOf(m.values.entrySet()));
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }

  /** Collects keys and values. As in ggml, a key that is set again moves to the end. */
  public static final class Builder {
    private final LinkedHashMap<String, GgufValue> values;

    private Builder(LinkedHashMap<String, GgufValue> values) {
      this.values = values;
    }

    public Builder put(String key, GgufValue value) {
      if (key.isEmpty()) {
        throw new IllegalArgumentException("empty metadata key");
      }
      values.putLast(key, value);
      return this;
    }

    public Builder putString(String key, String value) {
      return put(key, GgufValue.of(value));
    }

    public Builder putU8(String key, int value) {
      return put(key, GgufValue.of(GgufType.UINT8, value));
    }

    public Builder putU16(String key, int value) {
      return put(key, GgufValue.of(GgufType.UINT16, value));
    }

    public Builder putU32(String key, long value) {
      return put(key, GgufValue.of(GgufType.UINT32, value));
    }

    public Builder putU64(String key, long value) {
      return put(key, GgufValue.of(GgufType.UINT64, value));
    }

    public Builder putI32(String key, int value) {
      return put(key, GgufValue.of(GgufType.INT32, value));
    }

    public Builder putI64(String key, long value) {
      return put(key, GgufValue.of(GgufType.INT64, value));
    }

    public Builder putF32(String key, float value) {
      return put(key, GgufValue.of(value));
    }

    public Builder putF64(String key, double value) {
      return put(key, GgufValue.of(value));
    }

    public Builder putBool(String key, boolean value) {
      return put(key, GgufValue.of(value));
    }

    public Builder putStrings(String key, List<String> values) {
      return put(key, GgufValue.array(values));
    }

    /** An array of {@link GgufType#INT32}. */
    public Builder putInts(String key, int... values) {
      return put(key, GgufValue.array(values));
    }

    public Builder putFloats(String key, float... values) {
      return put(key, GgufValue.array(values));
    }

    public Builder putBools(String key, boolean... values) {
      return put(key, GgufValue.array(values));
    }

    /** An array of {@link GgufType#UINT8}. */
    public Builder putBytes(String key, byte... values) {
      return put(key, GgufValue.array(values));
    }

    public Builder remove(String key) {
      values.remove(key);
      return this;
    }

    public GgufMetadata build() {
      return new GgufMetadata(new LinkedHashMap<>(values), "");
    }
  }
}
