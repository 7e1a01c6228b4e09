package dev.lqmf.tokenizer.jinja;

import dev.lqmf.tokenizer.jinja.Arguments.Bound;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The methods of Python's strings, dicts, lists and tuples that change nothing. */
final class Methods {
  private final Values values;

  Methods(Values values) {
    this.values = values;
  }

  @Nullable Object ofDict(Map<?, ?> dict, String name) {
    return switch (name) {
      case "get" -> method(a -> get(dict, a.get(0), a.get(1, None.NONE)), "key", "?default");
      case "items" -> method(_ -> new View("dict_items", entries(dict)));
      case "keys" -> method(_ -> new View("dict_keys", values.items(dict)));
      case "values" ->
          method(_ -> new View("dict_values", charged(new ArrayList<>(dict.values()))));
      case "copy" -> method(_ -> copy(dict));
      case "clear", "pop", "popitem", "setdefault", "update" -> changing("dict", name);
      default -> null;
    };
  }

  private Object get(Map<?, ?> dict, Object key, Object missing) {
    Object value = dict.get(values.key(key));
    return value == null ? missing : value;
  }

  private Object copy(Map<?, ?> dict) {
    values.budget().items(dict.size() * 2L);
    return new LinkedHashMap<Object, Object>(dict);
  }

  /** Pairs of key and value. */
  List<Object> entries(Map<?, ?> dict) {
    values.budget().items(dict.size() * 3L);
    List<Object> entries = new ArrayList<>();
    dict.forEach((key, value) -> entries.add(new Tuple(List.of(key, value))));
    return entries;
  }

  @Nullable Object ofList(List<Object> list, String name) {
    return switch (name) {
      case "copy" -> list instanceof Range ? null : method(_ -> charged(new ArrayList<>(list)));
      case "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort" ->
          list instanceof Range ? null : changing("list", name);
      default -> ofTuple(list, name);
    };
  }

  @Nullable Object ofTuple(List<Object> items, String name) {
    return switch (name) {
      case "count" ->
          method(a -> items.stream().filter(i -> values.equal(i, a.get(0))).count(), "value");
      case "index" -> method(a -> index(items, a.get(0)), "value");
      default -> null;
    };
  }

  private Object index(List<Object> items, Object sought) {
    for (int i = 0; i < items.size(); i++) {
      if (values.equal(items.get(i), sought)) {
        return (long) i;
      }
    }
    throw new TemplateException("the list has no such item");
  }

  /** As in Jinja2's immutable sandbox, it is there only to be complained of. */
  private static Undefined changing(String type, String name) {
    return new Undefined("templates may not change a %s by '%s'".formatted(type, name));
  }

  @Nullable Object ofString(String s, String name) {
    values.budget().work(s.length());
    return switch (name) {
      case "upper" -> method(_ -> Text.upper(s));
      case "lower", "casefold" -> method(_ -> Text.lower(s));
      case "capitalize" -> method(_ -> Text.capitalize(s));
      case "title" -> method(_ -> Text.title(s));
      case "strip" -> method(a -> Text.strip(s, characters(s, a)), "?chars");
      case "lstrip" -> method(a -> Text.stripLeft(s, characters(s, a)), "?chars");
      case "rstrip" -> method(a -> Text.stripRight(s, characters(s, a)), "?chars");
      case "split" -> method(a -> split(s, a, false), "?sep", "?maxsplit");
      case "rsplit" -> method(a -> split(s, a, true), "?sep", "?maxsplit");
      case "splitlines" ->
          method(a -> charged(Text.lines(s, values.truth(a.get(0, false)))), "?keepends");
      case "partition" -> method(a -> partition(s, a.text(0), false), "sep");
      case "rpartition" -> method(a -> partition(s, a.text(0), true), "sep");
      case "join" -> method(a -> join(s, values.items(a.get(0))), "iterable");
      case "replace" ->
          method(a -> replace(s, a.text(0), a.text(1), a.integer(2, -1)), "old", "new", "?count");
      case "startswith" ->
          method(a -> anyOf(a, part(s, a)::startsWith), "prefix", "?start", "?end");
      case "endswith" -> method(a -> anyOf(a, part(s, a)::endsWith), "suffix", "?start", "?end");
      case "removeprefix" ->
          method(a -> s.startsWith(a.text(0)) ? s.substring(a.text(0).length()) : s, "prefix");
      case "removesuffix" ->
          method(
              a -> s.endsWith(a.text(0)) ? s.substring(0, s.length() - a.text(0).length()) : s,
              "suffix");
      case "count" -> method(a -> count(part(s, a), a.text(0)), "sub", "?start", "?end");
      case "find", "rfind", "index", "rindex" ->
          method(a -> find(name, s, a), "sub", "?start", "?end");
      case "format" -> (Callable) a -> new Formatter(values).braces(s, a);
      case "ljust" -> method(a -> justify(s, '<', a), "width", "?fillchar");
      case "rjust" -> method(a -> justify(s, '>', a), "width", "?fillchar");
      case "center" -> method(a -> justify(s, '^', a), "width", "?fillchar");
      case "zfill" -> method(a -> new Formatter(values).pad(s, '0', '=', a.integer(0, 0)), "width");
      case "isdigit", "isdecimal", "isnumeric" -> all(s, Character::isDigit);
      case "isalpha" -> all(s, Character::isLetter);
      case "isalnum" -> all(s, Character::isLetterOrDigit);
      case "isspace" -> all(s, Text::isSpace);
      case "isupper" -> method(_ -> s.equals(Text.upper(s)) && !s.equals(Text.lower(s)));
      case "islower" -> method(_ -> s.equals(Text.lower(s)) && !s.equals(Text.upper(s)));
      default -> null;
    };
  }

  private @Nullable String characters(String s, Bound arguments) {
    String characters = arguments.has(0) ? arguments.text(0) : null;
    values.budget().search(s, characters == null ? "" : characters);
    return characters;
  }

  private static Callable all(String s, IntPredicate property) {
    return method(_ -> !s.isEmpty() && s.codePoints().allMatch(property));
  }

  private String part(String s, Bound arguments) {
    return arguments.has(1) || arguments.has(2)
        ? values.text(
            values.slice(s, arguments.get(1, None.NONE), arguments.get(2, None.NONE), None.NONE))
        : s;
  }

  private interface TextTest {
    boolean test(String text);
  }

  private static Object anyOf(Bound arguments, TextTest test) {
    if (!(arguments.get(0) instanceof Tuple choices)) {
      return test.test(arguments.text(0));
    }
    for (Object choice : choices.items()) {
      if (choice instanceof String text && test.test(text)) {
        return true;
      }
    }
    return false;
  }

  private Object find(String name, String s, Bound arguments) {
    String part = part(s, arguments);
    String sought = arguments.text(0);
    values.budget().search(part, sought);
    int at = name.startsWith("r") ? part.lastIndexOf(sought) : part.indexOf(sought);
    if (at < 0 && name.endsWith("index")) {
      throw new TemplateException("the string does not hold " + Text.quoted(sought));
    }
    int begin = arguments.has(1) ? arguments.integer(1, 0) : 0;
    int length = Text.length(s);
    long skipped = Math.clamp(begin < 0 ? begin + (long) length : begin, 0, length);
    return at < 0 ? -1L : skipped + part.codePointCount(0, at);
  }

  private Object count(String s, String sought) {
    values.budget().search(s, sought);
    return sought.isEmpty() ? Text.length(s) + 1L : Text.split(s, sought, -1).size() - 1L;
  }

  private List<Object> split(String s, Bound arguments, boolean fromRight) {
    int limit = arguments.integer(1, -1);
    if (!arguments.has(0)) {
      return charged(fromRight ? Text.wordsFromRight(s, limit) : Text.words(s, limit));
    }
    String separator = separator(arguments.text(0));
    values.budget().search(s, separator);
    return charged(
        fromRight ? Text.splitFromRight(s, separator, limit) : Text.split(s, separator, limit));
  }

  private List<Object> charged(List<Object> parts) {
    values.budget().items(parts.size() * 2L);
    return parts;
  }

  private static String separator(String separator) {
    if (separator.isEmpty()) {
      throw new TemplateException("an empty separator splits nothing");
    }
    return separator;
  }

  private Tuple partition(String s, String separator, boolean fromRight) {
    values.budget().search(s, separator);
    List<Object> parts =
        fromRight
            ? Text.splitFromRight(s, separator(separator), 1)
            : Text.split(s, separator(separator), 1);
    if (parts.size() == 2) {
      return new Tuple(List.of(parts.get(0), separator, parts.get(1)));
    }
    return new Tuple(fromRight ? List.of("", "", s) : List.of(s, "", ""));
  }

  private String justify(String s, char alignment, Bound arguments) {
    String fill = arguments.text(1, " ");
    if (fill.length() != 1) {
      throw new TemplateException("the fill is not one character");
    }
    return pad(s, fill.charAt(0), alignment, arguments.integer(0, 0));
  }

  /** Where a center is not exact, Python's {@code center} has another rule than its formats. */
  String pad(String s, char fill, char alignment, int width) {
    Formatter formatter = new Formatter(values);
    int missing = width - Text.length(s);
    if (alignment != '^' || missing <= 0) {
      return formatter.pad(s, fill, alignment, width);
    }
    int left = missing / 2 + (missing & width & 1);
    return formatter.pad(formatter.pad(s, fill, '>', Text.length(s) + left), fill, '<', width);
  }

  private String join(String separator, List<Object> items) {
    Output out = new Output(values.budget());
    for (int i = 0; i < items.size(); i++) {
      if (!(items.get(i) instanceof String item)) {
        throw Values.wrongType("a string", items.get(i));
      }
      out.append(i == 0 ? "" : separator).append(item);
    }
    return out.toString();
  }

  /**
   * As {@code str.replace}.
   *
   * @param count how often at most; always if negative
   */
  String replace(String s, String old, String by, int count) {
    values.budget().search(s, old);
    List<Object> parts = new ArrayList<>();
    if (old.isEmpty()) {
      parts.add("");
      parts.addAll(Text.characters(s));
      parts.add("");
    } else {
      parts.addAll(Text.split(s, old, count));
    }
    charged(parts);
    Output out = new Output(values.budget());
    for (int i = 0; i < parts.size(); i++) {
      out.append(i > 0 && (count < 0 || i <= count) ? by : "").append((String) parts.get(i));
    }
    return out.toString();
  }

  private interface Body {
    Object of(Bound arguments);
  }

  private static Callable method(Body body, String... parameters) {
    return arguments -> body.of(arguments.bind(parameters));
  }
}
