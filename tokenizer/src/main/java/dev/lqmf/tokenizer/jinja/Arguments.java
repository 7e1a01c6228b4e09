package dev.lqmf.tokenizer.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The arguments of a call, in order and by name. */
record Arguments(List<Object> positional, Map<String, Object> keywords) {
  static final Arguments NONE = new Arguments(List.of(), Map.of());

  /** Without the first {@code count} positional ones. */
  Arguments after(int count) {
    return new Arguments(positional.subList(count, positional.size()), keywords);
  }

  Arguments with(String keyword, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(keywords);
    more.put(keyword, value);
    return new Arguments(positional, more);
  }

  /**
   * Arguments by the position of their parameters.
   *
   * @param parameters names; one that begins with {@code ?} may be missing
   */
  Bound bind(String... parameters) {
    @Nullable Object[] values = new @Nullable Object[parameters.length];
    if (positional.size() > parameters.length) {
      throw new TemplateException(
          "%d arguments where at most %d are taken"
              .formatted(positional.size(), parameters.length));
    }
    int named = 0;
    for (int i = 0; i < parameters.length; i++) {
      boolean optional = parameters[i].startsWith("?");
      String name = optional ? parameters[i].substring(1) : parameters[i];
      values[i] = i < positional.size() ? positional.get(i) : keywords.get(name);
      named += i >= positional.size() && keywords.containsKey(name) ? 1 : 0;
      if (values[i] == null && !optional) {
        throw new TemplateException("the argument '" + name + "' is missing");
      }
    }
    if (named < keywords.size()) {
      throw new TemplateException("unexpected arguments among " + keywords.keySet());
    }
    return new Bound(values);
  }

  /** Values of parameters. */
  static final class Bound {
    private final @Nullable Object[] values;

    private Bound(@Nullable Object[] values) {
      this.values = values;
    }

    boolean has(int index) {
      return values[index] != null && values[index] != None.NONE;
    }

    Object get(int index) {
      Object value = values[index];
      if (value == null) {
        throw new IllegalStateException("argument " + index + " is optional");
      }
      return value;
    }

    Object get(int index, Object defaultValue) {
      Object value = values[index];
      return value == null ? defaultValue : value;
    }

    String text(int index, String defaultValue) {
      Object value = get(index, defaultValue);
      if (value instanceof String text) {
        return text;
      }
      throw new TemplateException("a string is needed, not " + Values.typeName(value));
    }

    String text(int index) {
      return text(index, "");
    }

    int integer(int index, int defaultValue) {
      Object value = get(index, (long) defaultValue);
      return switch (value) {
        case Boolean b -> b ? 1 : 0;
        case Long n -> (int) Math.clamp(n, Integer.MIN_VALUE, Integer.MAX_VALUE);
        default ->
            throw new TemplateException("an integer is needed, not " + Values.typeName(value));
      };
    }
  }
}
