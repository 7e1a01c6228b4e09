package dev.lqmf.model.config;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A model's {@code config.json}. A getter takes several keys, since models name the same thing
 * differently: the first that is present counts, and null means absent, as in llama.cpp's {@code
 * find_hparam}.
 */
public final class HfConfig {
  private final Path file;
  private final ObjectNode values;

  private HfConfig(Path file, ObjectNode values) {
    this.file = file;
    this.values = values;
  }

  /**
   * Reads {@code config.json} of a model directory. What a {@code text_config} holds, as in
   * multimodal models, counts as if it stood at the top.
   *
   * @throws InputException if it is missing or no JSON object
   */
  public static HfConfig read(ModelFiles files) throws IOException {
    Path file = files.path("config.json");
    ObjectNode values =
        files
            .object("config.json")
            .map(ObjectNode::deepCopy)
            .orElseThrow(
                () ->
                    new InputException(
                        files.directory() + " has no config.json",
                        "name a model directory as the Hugging Face Hub has it"));
    if (values.get("text_config") instanceof ObjectNode text) {
      values.setAll(text);
    }
    return new HfConfig(file, values);
  }

  /**
   * This configuration, with values for keys that it lacks; a key that is null is not lacking.
   *
   * @param defaults whole numbers, doubles, truth values, texts or lists of these by key
   */
  public HfConfig withDefaults(Map<String, ?> defaults) {
    return completed(defaults, false);
  }

  /** As {@link #withDefaults}, but a key that is null is lacking too. */
  public HfConfig withValues(Map<String, ?> missing) {
    return completed(missing, true);
  }

  /**
   * As {@link #withDefaults}, where each default is the value of another key, if that is present:
   * Transformers reads some keys under the names that most models have.
   *
   * @param aliases the other key by key, as {@code attribute_map} has it
   */
  public HfConfig withAliases(Map<String, String> aliases) {
    ObjectNode completed = values.deepCopy();
    aliases.forEach(
        (alias, key) -> {
          JsonNode value = values.get(alias);
          if (value != null && !values.has(key)) {
            completed.set(key, value);
          }
        });
    return new HfConfig(file, completed);
  }

  /** This configuration, with all values of another in place of its own. */
  public HfConfig updated(HfConfig other) {
    ObjectNode updated = values.deepCopy();
    updated.setAll(other.values);
    return new HfConfig(file, updated);
  }

  /** A configuration that no file holds. */
  public static HfConfig of(Path origin, Map<String, ?> values) {
    return new HfConfig(origin, JsonFiles.empty()).withDefaults(values);
  }

  private HfConfig completed(Map<String, ?> defaults, boolean replaceNull) {
    ObjectNode completed = values.deepCopy();
    defaults.forEach(
        (key, value) -> {
          if (!completed.has(key) || (replaceNull && completed.path(key).isNull())) {
            completed.set(key, JsonFiles.value(value));
          }
        });
    return new HfConfig(file, completed);
  }

  /** The file it was read from, for messages. */
  public Path file() {
    return file;
  }

  /** Whether the key is present, be it null. */
  public boolean has(String key) {
    return values.has(key);
  }

  /** The value of the first key that is present, unless it is null. */
  private Optional<Map.Entry<String, JsonNode>> find(String... keys) {
    for (String key : keys) {
      JsonNode value = values.get(key);
      if (value != null) {
        return value.isNull() ? Optional.empty() : Optional.of(Map.entry(key, value));
      }
    }
    return Optional.empty();
  }

  /**
   * A whole number.
   *
   * @throws InputException if the value is something else
   */
  public OptionalLong integer(String... keys) {
    return find(keys)
        .map(
            e -> {
              JsonNode value = e.getValue();
              boolean whole =
                  value.isNumber() && value.canConvertToExactIntegral() && value.canConvertToLong();
              if (!whole) {
                throw wrongType(e.getKey(), value, "a whole number");
              }
              return OptionalLong.of(value.longValue());
            })
        .orElse(OptionalLong.empty());
  }

  /**
   * A number.
   *
   * @throws InputException if the value is something else
   */
  public OptionalDouble real(String... keys) {
    return find(keys)
        .map(
            e -> {
              if (!e.getValue().isNumber()) {
                throw wrongType(e.getKey(), e.getValue(), "a number");
              }
              return OptionalDouble.of(e.getValue().doubleValue());
            })
        .orElse(OptionalDouble.empty());
  }

  /**
   * A text.
   *
   * @throws InputException if the value is something else
   */
  public Optional<String> string(String... keys) {
    return find(keys)
        .map(
            e -> {
              if (!e.getValue().isString()) {
                throw wrongType(e.getKey(), e.getValue(), "a text");
              }
              return e.getValue().stringValue();
            });
  }

  /**
   * True or false.
   *
   * @throws InputException if the value is something else
   */
  public Optional<Boolean> bool(String... keys) {
    return find(keys)
        .map(
            e -> {
              if (!e.getValue().isBoolean()) {
                throw wrongType(e.getKey(), e.getValue(), "true or false");
              }
              return e.getValue().booleanValue();
            });
  }

  /**
   * Whole numbers; none if the key is missing.
   *
   * @throws InputException if the value is something else
   */
  public List<Long> integers(String key) {
    return list(
        key,
        v -> v.isIntegralNumber() && v.canConvertToLong(),
        JsonNode::longValue,
        "a list of whole numbers");
  }

  /**
   * Numbers; none if the key is missing.
   *
   * @throws InputException if the value is something else
   */
  public List<Double> reals(String key) {
    return list(key, JsonNode::isNumber, JsonNode::doubleValue, "a list of numbers");
  }

  /**
   * Texts; none if the key is missing.
   *
   * @throws InputException if the value is something else
   */
  public List<String> strings(String key) {
    return list(key, JsonNode::isString, JsonNode::stringValue, "a list of texts");
  }

  private <T> List<T> list(
      String key, Predicate<JsonNode> kind, Function<JsonNode, T> item, String wanted) {
    JsonNode list = values.path(key);
    if (list.isMissingNode() || list.isNull()) {
      return List.of();
    }
    List<T> items = new ArrayList<>();
    for (JsonNode value : list) {
      if (!kind.test(value)) {
        throw wrongType(key, list, wanted);
      }
      items.add(item.apply(value));
    }
    return items;
  }

  /** A value of any kind, unless it is missing or null. */
  public Optional<JsonNode> value(String key) {
    return find(key).map(Map.Entry::getValue);
  }

  /** All keys, in the order of the file. */
  public List<String> keys() {
    return values.properties().stream().map(Map.Entry::getKey).toList();
  }

  /** The value of a key as it is in the file; a missing node if it is not there. */
  public JsonNode node(String key) {
    return values.path(key);
  }

  /**
   * An object within.
   *
   * @throws InputException if the value is something else
   */
  public Optional<HfConfig> object(String... keys) {
    return find(keys)
        .map(
            e -> {
              if (e.getValue() instanceof ObjectNode object) {
                return new HfConfig(file, object);
              }
              throw wrongType(e.getKey(), e.getValue(), "an object");
            });
  }

  /** A configuration of the same file without any key. */
  public HfConfig emptyObject() {
    return new HfConfig(file, JsonFiles.empty());
  }

  /** Whether there are no keys. */
  public boolean isEmpty() {
    return values.isEmpty();
  }

  /**
   * A positive whole number that must be there.
   *
   * @throws InputException if it is missing, not positive or not a number
   */
  public long count(String... keys) {
    long value = integer(keys).orElseThrow(() -> missing(keys[0]));
    if (value <= 0) {
      throw new InputException(
          "%s: %s is %d, but must be positive".formatted(file, name(keys), value),
          "correct the configuration, or download it again");
    }
    return value;
  }

  /** The first of the keys that is present, else the first. */
  public String name(String... keys) {
    for (String key : keys) {
      if (values.has(key)) {
        return key;
      }
    }
    return keys[0];
  }

  /** The class that the checkpoint was made with, the first of {@code architectures}. */
  public String architecture() {
    JsonNode names = values.get("architectures");
    if (names != null && names.isArray() && !names.isEmpty() && names.get(0).isString()) {
      return names.get(0).stringValue();
    }
    throw new InputException(
        file + " has no architectures", "use a checkpoint that names its model class");
  }

  /** An error about a key that must be there and is not. */
  public InputException missing(String key) {
    return new InputException(
        "%s has no %s".formatted(file, key), "correct the configuration, or download it again");
  }

  private InputException wrongType(String key, JsonNode value, String wanted) {
    String text = value.toString();
    return new InputException(
        "%s: %s must be %s, not %s"
            .formatted(file, key, wanted, text.length() > 80 ? text.substring(0, 80) + "…" : text),
        "correct the configuration, or download it again");
  }
}
