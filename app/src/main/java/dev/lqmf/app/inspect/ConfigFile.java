package dev.lqmf.app.inspect;

import dev.lqmf.app.inspect.Inspection.Fact;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.file.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** The facts in a checkpoint's {@code config.json}; nested names are joined by dots. */
final class ConfigFile {
  private static final int MAX_NESTING = 32;

  private ConfigFile() {}

  /**
   * Reads the file.
   *
   * @throws InputException if it is not a JSON object
   */
  static Map<String, Fact> read(Path file) throws IOException {
    Map<String, Fact> facts = new LinkedHashMap<>();
    try (InputStream in = Files.newInputStream(file);
        JsonParser json = Json.parser(in, MAX_NESTING)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new InputException(file + " is not a JSON object", "download the checkpoint again");
      }
      object("", json, facts);
    } catch (JacksonException e) {
      throw new InputException(
          file + " is not valid JSON: " + Json.problem(e), "download the checkpoint again", e);
    }
    return facts;
  }

  private static void object(String prefix, JsonParser json, Map<String, Fact> facts) {
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String name = prefix + json.currentName();
      if (json.nextToken() == JsonToken.START_OBJECT) {
        object(name + ".", json, facts);
      } else {
        facts.put(name, new Fact("", value(json)));
      }
    }
  }

  private static Object value(JsonParser json) {
    return switch (json.currentToken()) {
      case START_ARRAY -> {
        List<Object> elements = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          elements.add(value(json));
        }
        yield elements;
      }
      case START_OBJECT -> {
        Map<String, Fact> nested = new LinkedHashMap<>();
        object("", json, nested);
        yield nested.keySet().toString();
      }
      case VALUE_NUMBER_INT -> json.getLongValue();
      case VALUE_NUMBER_FLOAT -> json.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> json.getString();
    };
  }
}
