package dev.lqmf.app.output;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.PrettyPrinter;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultPrettyPrinter;

/** What {@code --json} prints: one indented object. */
public final class JsonOutput {
  private static final JsonFactory FACTORY =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  private JsonOutput() {}

  /**
   * Prints an object and a line end.
   *
   * @param object values are strings, numbers, booleans, lists and maps of these; they appear in
   *     the order of iteration
   */
  public static void print(PrintStream out, Map<String, ?> object) {
    try (JsonGenerator json = FACTORY.createGenerator(new Indented(), out)) {
      write(json, object);
    }
    out.println();
    out.flush();
  }

  private static void write(JsonGenerator json, Object value) {
    switch (value) {
      case Map<?, ?> map -> {
        json.writeStartObject();
        map.forEach(
            (key, element) -> {
              json.writeName(String.valueOf(key));
              write(json, element);
            });
        json.writeEndObject();
      }
      case List<?> list -> {
        json.writeStartArray();
        list.forEach(element -> write(json, element));
        json.writeEndArray();
      }
      case Boolean b -> json.writeBoolean(b);
      case Double d when d.isNaN() || d.isInfinite() -> json.writeString(d.toString());
      case Double d -> json.writeNumber(d);
      case Float f when f.isNaN() || f.isInfinite() -> json.writeString(f.toString());
      case Float f -> json.writeNumber(f);
      case Number n -> json.writeNumber(n.longValue());
      default -> json.writeString(value.toString());
    }
  }

  private static final class Indented extends ObjectWriteContext.Base {
    @Override
    public PrettyPrinter getPrettyPrinter() {
      return new DefaultPrettyPrinter();
    }
  }
}
