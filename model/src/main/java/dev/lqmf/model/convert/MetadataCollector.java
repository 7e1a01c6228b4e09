package dev.lqmf.model.convert;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufType;
import dev.lqmf.tensor.gguf.GgufValue;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects keys and values as gguf-py's {@code GGUFWriter} does: a key that is set again keeps its
 * place, an empty text or list is left out. A key that begins with a dot belongs to the
 * architecture: {@code .block_count} becomes {@code llama.block_count}.
 */
public final class MetadataCollector {
  private final String architecture;
  private final Map<String, GgufValue> values = new LinkedHashMap<>();

  public MetadataCollector(String architecture) {
    this.architecture = architecture;
    string("general.architecture", architecture);
  }

  public void put(String key, GgufValue value) {
    values.put(key.startsWith(".") ? architecture + key : key, value);
  }

  /** Whether a key was set. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  public void string(String key, String value) {
    if (!value.isEmpty()) {
      put(key, GgufValue.of(value));
    }
  }

  /**
   * @throws InputException if the value does not fit 32 bits without sign
   */
  public void u32(String key, long value) {
    if (value < 0 || value > 0xFFFF_FFFFL) {
      throw new InputException(
          "%s would be %d, which GGUF cannot hold".formatted(key, value),
          "correct the model's configuration");
    }
    put(key, GgufValue.of(GgufType.UINT32, value));
  }

  public void i32(String key, int value) {
    put(key, GgufValue.of(GgufType.INT32, value));
  }

  /** Rounds to float32. */
  public void f32(String key, double value) {
    put(key, GgufValue.of((float) value));
  }

  public void bool(String key, boolean value) {
    put(key, GgufValue.of(value));
  }

  public void strings(String key, List<String> values) {
    if (!values.isEmpty()) {
      put(key, GgufValue.array(values));
    }
  }

  /** All that was collected, in order. */
  public GgufMetadata build() {
    GgufMetadata.Builder builder = GgufMetadata.builder();
    values.forEach(builder::put);
    return builder.build();
  }
}
