package dev.lqmf.tokenizer.jinja;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Writes JSON as Python's {@code json.dumps} does, with its choice of white space. */
final class Json {
  private final Values values;
  private final boolean ascii;
  private final @Nullable String indent;
  private final String itemSeparator;
  private final String keySeparator;
  private final boolean sorted;

  /**
   * @param indent of one level; everything in one line if null
   */
  Json(
      Values values,
      boolean ascii,
      @Nullable String indent,
      String itemSeparator,
      String keySeparator,
      boolean sorted) {
    this.values = values;
    this.ascii = ascii;
    this.indent = indent;
    this.itemSeparator = itemSeparator;
    this.keySeparator = keySeparator;
    this.sorted = sorted;
  }

  /** The filter's arguments. */
  static Json of(Values values, Arguments arguments) {
    Arguments.Bound a = arguments.bind("?ensure_ascii", "?indent", "?separators", "?sort_keys");
    String indent = null;
    if (a.has(1)) {
      Object width = a.get(1);
      values.budget().room(width instanceof Long n ? Math.max(0, n) : 0);
      indent = width instanceof String text ? text : " ".repeat(Math.max(0, a.integer(1, 0)));
    }
    String itemSeparator = indent == null ? ", " : ",";
    String keySeparator = ": ";
    if (a.has(2)) {
      List<Object> separators = values.items(a.get(2));
      if (separators.size() != 2) {
        throw new TemplateException("tojson takes two separators");
      }
      itemSeparator = values.text(separators.get(0));
      keySeparator = values.text(separators.get(1));
    }
    boolean ascii = values.truth(a.get(0, false));
    boolean sorted = values.truth(a.get(3, false));
    return new Json(values, ascii, indent, itemSeparator, keySeparator, sorted);
  }

  String write(Object value) {
    Output out = new Output(values.budget());
    write(value, "\n", out);
    return out.toString();
  }

  private void write(Object value, String newline, Output out) {
    values.budget().step();
    values.budget().enter();
    switch (value) {
      case String s -> out.append(quoted(s));
      case Double d when Double.isNaN(d) -> out.append("NaN");
      case Double d when Double.isInfinite(d) -> out.append(d > 0 ? "Infinity" : "-Infinity");
      case Double _, Long _ -> out.append(values.text(value));
      case Boolean b -> out.append(b ? "true" : "false");
      case None _ -> out.append("null");
      case Range _ -> throw Values.wrongType("a value that JSON has", value);
      case List<?> l -> items(Values.list(l), newline, out);
      case Tuple t -> items(t.items(), newline, out);
      case Map<?, ?> m -> entries(m, newline, out);
      case Undefined _ -> throw new TemplateException("undefined is not a value of JSON");
      default -> throw Values.wrongType("a value that JSON has", value);
    }
    values.budget().leave();
  }

  private void items(List<Object> items, String newline, Output out) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    String inner = indent == null ? "" : newline + indent;
    String before = "[";
    for (Object item : items) {
      out.append(before).append(inner);
      write(item, inner, out);
      before = itemSeparator;
    }
    out.append(indent == null ? "" : newline).append("]");
  }

  private void entries(Map<?, ?> entries, String newline, Output out) {
    if (entries.isEmpty()) {
      out.append("{}");
      return;
    }
    Map<?, ?> ordered = entries;
    if (sorted) {
      Map<Object, Object> tree = new TreeMap<>(values::compare);
      tree.putAll(entries);
      ordered = tree;
    }
    String inner = indent == null ? "" : newline + indent;
    String before = "{";
    for (Map.Entry<?, ?> entry : ordered.entrySet()) {
      out.append(before).append(inner).append(quoted(key(entry.getKey()))).append(keySeparator);
      write(entry.getValue(), inner, out);
      before = itemSeparator;
    }
    out.append(indent == null ? "" : newline).append("}");
  }

  private String key(Object key) {
    return switch (key) {
      case None _ -> "null";
      case Boolean b -> b ? "true" : "false";
      case Undefined _ -> throw new TemplateException("undefined is not a key of JSON");
      default -> values.text(key);
    };
  }

  private String quoted(String text) {
    var quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\n' -> quoted.append("\\n");
        case '\r' -> quoted.append("\\r");
        case '\t' -> quoted.append("\\t");
        case '\f' -> quoted.append("\\f");
        case '\b' -> quoted.append("\\b");
        default -> {
          if (c < ' ' || ascii && c > '~') {
            quoted.append("\\u").append(HexFormat.of().toHexDigits(c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }
}
