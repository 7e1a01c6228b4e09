package dev.lqmf.model.convert;

import dev.lqmf.model.view.Float32Weights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.gguf.GgufMetadata;
import dev.lqmf.tensor.gguf.GgufType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * What a GGUF file says about its model, for reading it back into a configuration. A key that
 * begins with a dot belongs to the architecture, as for {@link MetadataCollector}.
 */
public final class GgufReading {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** More values than any small vector of a model has. */
  private static final long MAX_VALUES = 1 << 20;

  private final GgufMetadata metadata;
  private final Map<String, Weights> tensors;
  private final String architecture;

  /**
   * @param tensors by name
   * @throws InputException if the file does not say its architecture
   */
  public GgufReading(GgufMetadata metadata, Map<String, Weights> tensors) {
    this.metadata = metadata;
    this.tensors = tensors;
    this.architecture =
        metadata
            .string("general.architecture")
            .orElseThrow(
                () ->
                    new InputException(
                        "the GGUF has no general.architecture", "use a file that holds a model"));
  }

  /** {@code general.architecture}. */
  public String architecture() {
    return architecture;
  }

  private String key(String key) {
    return key.startsWith(".") ? architecture + key : key;
  }

  /** A whole number; nothing if there is none. */
  public OptionalLong integer(String key) {
    return metadata.integer(key(key));
  }

  /** A number, float32 as the shortest decimal that rounds to it; nothing if there is none. */
  public OptionalDouble real(String key) {
    OptionalDouble value = metadata.real(key(key));
    return value.isPresent()
        ? OptionalDouble.of(Double.parseDouble(Float.toString((float) value.getAsDouble())))
        : value;
  }

  /** True or false; nothing if there is neither. */
  public Optional<Boolean> bool(String key) {
    return metadata.bool(key(key));
  }

  /** Truth values; none if there is no such array. */
  public List<Boolean> bools(String key) {
    return metadata.array(key(key)).stream()
        .filter(array -> array.elementType() == GgufType.BOOL)
        .flatMap(array -> IntStream.range(0, array.size()).mapToObj(array::bool))
        .toList();
  }

  /** A text; nothing if there is none. */
  public Optional<String> string(String key) {
    return metadata.string(key(key));
  }

  /** Whether there is a tensor. */
  public boolean has(String tensor) {
    return tensors.containsKey(tensor);
  }

  /** The shape of a tensor, outermost dimension first; nothing if there is no such tensor. */
  public Optional<Shape> shape(String tensor) {
    return Optional.ofNullable(tensors.get(tensor)).map(Weights::shape);
  }

  /**
   * The values of a small tensor; none if there is no such tensor.
   *
   * @throws IOException if the file cannot be read
   */
  public List<Double> values(String tensor) throws IOException {
    Weights found = tensors.get(tensor);
    if (found == null) {
      return List.of();
    }
    Weights weights = Float32Weights.of(found);
    if (weights.shape().elements() > MAX_VALUES) {
      throw new InputException(
          "tensor %s has %d values, where one for each pair of a head belongs"
              .formatted(tensor, weights.shape().elements()),
          "use another file");
    }
    MemorySegment bytes = MemorySegment.ofArray(new byte[(int) weights.byteSize()]);
    weights.read(0, bytes);
    List<Double> values = new ArrayList<>();
    for (long at = 0; at < bytes.byteSize(); at += Float.BYTES) {
      values.add((double) bytes.get(FLOAT, at));
    }
    return values;
  }
}
