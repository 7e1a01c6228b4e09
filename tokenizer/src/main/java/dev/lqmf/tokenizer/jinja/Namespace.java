package dev.lqmf.tokenizer.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** Variables that a template may set from within loops. */
final class Namespace {
  private final Map<String, Object> attributes = new LinkedHashMap<>();

  Map<String, Object> attributes() {
    return attributes;
  }

  void set(String name, Object value) {
    if (name.startsWith("_")) {
      throw new TemplateException("a namespace takes no attribute that begins with _: " + name);
    }
    attributes.put(name, value);
  }
}
