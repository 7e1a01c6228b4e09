package dev.lqmf.model.config;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the JSON files of a model directory, as Python's {@code json.load} does. */
public final class JsonFiles {
  /** Python writes NaN and Infinity; numbers keep all digits; tokens may be long. */
  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(100)
                          .maxStringLength(64 << 20)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private JsonFiles() {}

  /**
   * The JSON object in a file, or nothing if there is no such file.
   *
   * @throws InputException if the file holds something else
   */
  public static Optional<ObjectNode> object(Path file) throws IOException {
    Optional<JsonNode> json = read(file);
    if (json.isPresent() && !json.get().isObject()) {
      throw new InputException(file + " is not a JSON object", "download the file again");
    }
    return json.map(ObjectNode.class::cast);
  }

  /**
   * The JSON list in a file, or nothing if there is no such file.
   *
   * @throws InputException if the file holds something else
   */
  public static Optional<ArrayNode> array(Path file) throws IOException {
    Optional<JsonNode> json = read(file);
    if (json.isPresent() && !json.get().isArray()) {
      throw new InputException(file + " is not a JSON list", "download the file again");
    }
    return json.map(ArrayNode.class::cast);
  }

  private static Optional<JsonNode> read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(MAPPER.readTree(Files.readAllBytes(file)));
    } catch (JacksonException e) {
      throw new InputException(
          file + " is not valid JSON: " + e.getOriginalMessage(), "download the file again", e);
    }
  }

  /** As {@link #object}, but a file that holds something else counts as missing. */
  public static Optional<ObjectNode> objectIfValid(Path file) throws IOException {
    try {
      return object(file);
    } catch (InputException e) {
      return Optional.empty();
    }
  }

  /** A whole number, double, truth value, text, or a list or map of these as JSON. */
  static JsonNode value(Object value) {
    return MAPPER.valueToTree(value);
  }

  /** An empty object. */
  public static ObjectNode empty() {
    return MAPPER.createObjectNode();
  }

  /**
   * The text of a file, or nothing if there is no such file.
   *
   * @throws InputException if it is not UTF-8
   */
  public static Optional<String> text(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(file));
    } catch (MalformedInputException e) {
      throw new InputException(file + " is not UTF-8 text", "download the file again", e);
    }
  }
}
