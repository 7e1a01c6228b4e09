package dev.lqmf.factory;

import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** How this module writes and reads JSON. */
final class Json {
  private static final JsonMapper CANONICAL =
      JsonMapper.builder()
          .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .disable(MapperFeature.SORT_CREATOR_PROPERTIES_FIRST)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .build();

  private static final JsonMapper READABLE =
      IndentedJson.mapper()
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private Json() {}

  static String canonical(Object value) {
    return CANONICAL.writeValueAsString(value);
  }

  static String readable(Object value) {
    return READABLE.writeValueAsString(value) + "\n";
  }

  static <T> T read(String text, Class<T> type) {
    return READABLE.readValue(text, type);
  }
}
