package dev.lqmf.factory.bench;

import dev.lqmf.tensor.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads text with a JSON object on each line. */
final class JsonLines {
  private JsonLines() {}

  /**
   * Reads all lines but blank ones.
   *
   * @param origin for messages
   * @param reader throws {@link IllegalArgumentException} if an object has no meaning
   * @throws InputException if there is none, or one cannot be read
   */
  static void read(Path origin, String text, Consumer<JsonNode> reader) {
    List<String> lines = text.lines().toList();
    boolean any = false;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      any = true;
      try {
        reader.accept(JsonMapper.shared().readTree(lines.get(i)));
      } catch (JacksonException | IllegalArgumentException e) {
        throw new InputException(
            "line %d of %s cannot be used: %s".formatted(i + 1, origin, firstLine(e)),
            "write one JSON object a line, as the documentation shows",
            e);
      }
    }
    if (!any) {
      throw new InputException(origin + " is empty", "write one JSON object a line");
    }
  }

  private static String firstLine(Exception e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }
}
