package dev.lqmf.factory;

import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** JSON in files that people read, too. */
public final class IndentedJson {
  /** Jackson ends lines as the system does, but results are the same on every system. */
  private static final DefaultIndenter INDENTER = new DefaultIndenter("  ", "\n");

  private IndentedJson() {}

  /** For a mapper that writes such files. */
  public static JsonMapper.Builder mapper() {
    return JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .defaultPrettyPrinter(new DefaultPrettyPrinter().withObjectIndenter(INDENTER));
  }
}
