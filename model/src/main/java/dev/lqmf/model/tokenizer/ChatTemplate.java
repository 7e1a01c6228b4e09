package dev.lqmf.model.tokenizer;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.MetadataCollector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a conversation is written as a text: one Jinja template, or several by name. {@code
 * tokenizer_config.json} comes first, then {@code chat_template.jinja}, then {@code
 * chat_template.json}.
 */
final class ChatTemplate {
  private static final String KEY = "tokenizer.chat_template";

  private ChatTemplate() {}

  static void write(ModelFiles files, ObjectNode config, MetadataCollector out) throws IOException {
    JsonNode given =
        config.has("chat_template")
            ? config.get("chat_template")
            : files
                .object("chat_template.json")
                .map(json -> json.path("chat_template"))
                .orElseGet(() -> config.path("chat_template"));
    var file = files.text("chat_template.jinja");
    if (!config.has("chat_template") && file.isPresent()) {
      Map<String, String> named = new LinkedHashMap<>();
      named.put("default", file.get());
      for (Path path : additional(files.path("additional_chat_templates"))) {
        String name = String.valueOf(path.getFileName());
        named.put(
            name.substring(0, name.length() - ".jinja".length()), JsonFiles.text(path).orElse(""));
      }
      write(named, out);
    } else if (given.isString()) {
      out.string(KEY, given.stringValue());
    } else if (given.isArray()) {
      Map<String, String> named = new LinkedHashMap<>();
      for (JsonNode choice : given) {
        if (choice.path("template").isString()) {
          named.put(choice.path("name").asString(""), choice.get("template").stringValue());
        }
      }
      write(named, out);
    }
  }

  private static List<Path> additional(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".jinja")).sorted().toList();
    }
  }

  /** The default template comes last, after the names of the others ({@code add_chat_template}). */
  private static void write(Map<String, String> named, MetadataCollector out) {
    List<String> names = new ArrayList<>();
    named.forEach(
        (given, template) -> {
          String name = given.replaceAll("[^A-Za-z0-9]", "_");
          if (!name.isEmpty() && !name.equals("default")) {
            if (!names.contains(name)) {
              names.add(name);
            }
            out.string(KEY + "." + name, template);
          }
        });
    out.strings("tokenizer.chat_templates", names);
    String normal = named.get("default");
    if (normal != null) {
      out.string(KEY, normal);
    }
  }
}
