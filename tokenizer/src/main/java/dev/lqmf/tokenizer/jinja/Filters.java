package dev.lqmf.tokenizer.jinja;

import dev.lqmf.tokenizer.jinja.Arguments.Bound;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Jinja2's filters, with Transformers' {@code tojson}. */
final class Filters {
  private static final Pattern REAL =
      Pattern.compile("[+-]?(\\d[\\d_]*(\\.[\\d_]*)?|\\.\\d[\\d_]*)([eE][+-]?\\d+)?");
  private static final Pattern TITLE = Pattern.compile("([-\\s({\\[<]*)([^-\\s({\\[<]*)");
  private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

  private final Values values;
  private final Tests tests;
  private final Methods methods;
  private final Arithmetic arithmetic;

  Filters(Values values, Tests tests, Arithmetic arithmetic) {
    this.values = values;
    this.tests = tests;
    this.methods = new Methods(values);
    this.arithmetic = arithmetic;
  }

  Object apply(String name, Object v, Arguments a) {
    return switch (name) {
      case "abs" -> values.compare(v, 0L) < 0 ? arithmetic.sign("-", v) : arithmetic.sign("+", v);
      case "batch" -> batch(v, a.bind("linecount", "?fill_with"));
      case "capitalize" -> Text.capitalize(values.text(v));
      case "center" -> methods.pad(values.text(v), ' ', '^', a.bind("?width").integer(0, 80));
      case "count", "length" -> values.length(v);
      case "d", "default" -> orDefault(v, a.bind("?default_value", "?boolean"));
      case "dictsort" -> dictSort(v, a.bind("?case_sensitive", "?by", "?reverse"));
      case "e", "escape", "forceescape" -> Text.escapeHtml(values.text(v));
      case "first" -> first(v);
      case "float" -> real(v, a.bind("?default").get(0, 0.0));
      case "format" -> format(values.text(v), a);
      case "indent" -> indent(v, a.bind("?width", "?first", "?blank"));
      case "int" -> integer(v, a.bind("?default", "?base"));
      case "items" -> items(v);
      case "join" -> join(v, a.bind("?d", "?attribute"));
      case "last" -> last(v);
      case "list" -> {
        List<Object> items = values.items(v);
        values.budget().items(items.size());
        yield new ArrayList<>(items);
      }
      case "lower" -> Text.lower(values.text(v));
      case "map" -> map(v, a);
      case "max" -> best(v, a, 1);
      case "min" -> best(v, a, -1);
      case "reject" -> select(v, a, false, false);
      case "rejectattr" -> select(v, a, true, false);
      case "replace" -> replace(values.text(v), a.bind("old", "new", "?count"));
      case "reverse" -> reverse(v);
      case "round" -> round(v, a.bind("?precision", "?method"));
      case "safe", "string" -> values.text(v);
      case "select" -> select(v, a, false, true);
      case "selectattr" -> select(v, a, true, true);
      case "sort" -> sort(v, a.bind("?reverse", "?case_sensitive", "?attribute"));
      case "sum" -> sum(v, a.bind("?attribute", "?start"));
      case "title" -> title(values.text(v));
      case "tojson" -> Json.of(values, a).write(v);
      case "trim" -> {
        Bound bound = a.bind("?chars");
        String text = values.text(v);
        String characters = bound.has(0) ? bound.text(0) : null;
        values.budget().search(text, characters == null ? "" : characters);
        yield Text.strip(text, characters);
      }
      case "unique" -> unique(v, a.bind("?case_sensitive", "?attribute"));
      case "upper" -> Text.upper(values.text(v));
      case "wordcount" -> WORD.matcher(values.text(v)).results().count();
      default -> throw new TemplateException("no filter is named '" + name + "'");
    };
  }

  private Object orDefault(Object v, Bound a) {
    boolean missing = v instanceof Undefined || values.truth(a.get(1, false)) && !values.truth(v);
    return missing ? a.get(0, "") : v;
  }

  private Object first(Object v) {
    List<Object> items = v instanceof Generator g ? g.takeOne() : values.items(v);
    return items.isEmpty() ? new Undefined("there is no first item") : items.getFirst();
  }

  private Object last(Object v) {
    if (v instanceof Generator) {
      throw Values.wrongType("something that has a last item", v);
    }
    List<Object> items = values.items(v);
    return items.isEmpty() ? new Undefined("there is no last item") : items.getLast();
  }

  private Object reverse(Object v) {
    List<Object> items = values.items(v).reversed();
    return v instanceof String ? String.join("", texts(items)) : new Generator(items);
  }

  private List<String> texts(List<Object> items) {
    return items.stream().map(values::text).toList();
  }

  private Object items(Object v) {
    return switch (v) {
      case Undefined _ -> new Generator(List.of());
      case Map<?, ?> map -> new Generator(methods.entries(map));
      default -> throw Values.wrongType("a dict", v);
    };
  }

  private Object batch(Object v, Bound a) {
    int size = a.integer(0, 0);
    List<Object> batches = new ArrayList<>();
    List<Object> batch = List.of();
    for (Object item : values.items(v)) {
      if (batch.isEmpty() || batch.size() == size) {
        batch = new ArrayList<>();
        batches.add(batch);
      }
      batch.add(item);
    }
    values.budget().room(a.has(1) && !batch.isEmpty() ? size : 0);
    while (a.has(1) && !batch.isEmpty() && batch.size() < size) {
      batch.add(a.get(1));
    }
    return new Generator(batches);
  }

  private String join(Object v, Bound a) {
    UnaryOperator<Object> attribute = a.has(1) ? attribute(a.get(1)) : o -> o;
    String separator = values.text(a.get(0, ""));
    Output out = new Output(values.budget());
    String before = "";
    for (Object item : values.items(v)) {
      out.append(before).append(values.text(attribute.apply(item)));
      before = separator;
    }
    return out.toString();
  }

  private String replace(String text, Bound a) {
    int count = a.has(2) ? a.integer(2, -1) : -1;
    return methods.replace(text, values.text(a.get(0)), values.text(a.get(1)), count);
  }

  private String title(String text) {
    return TITLE
        .matcher(text)
        .replaceAll(
            m ->
                java.util.regex.Matcher.quoteReplacement(m.group(1) + Text.capitalize(m.group(2))));
  }

  private String indent(Object v, Bound a) {
    if (!(v instanceof String text)) {
      throw Values.wrongType("a string", v);
    }
    Object width = a.get(0, 4L);
    String indent = " ";
    if (width instanceof String given) {
      indent = given;
    } else {
      values.budget().room(Math.max(0, a.integer(0, 4)));
      indent = " ".repeat(Math.max(0, a.integer(0, 4)));
    }
    boolean first = values.truth(a.get(1, false));
    boolean blank = values.truth(a.get(2, false));
    Output out = new Output(values.budget());
    List<Object> lines = Text.lines(text + "\n", false);
    for (int i = 0; i < lines.size(); i++) {
      String line = values.text(lines.get(i));
      boolean indented = i == 0 ? first : blank || !line.isEmpty();
      out.append(i == 0 ? "" : "\n").append(indented ? indent : "").append(line);
    }
    return out.toString();
  }

  private String format(String format, Arguments a) {
    if (!a.keywords().isEmpty() && !a.positional().isEmpty()) {
      throw new TemplateException("format takes values in order or by name, not both");
    }
    return new Formatter(values)
        .percent(format, a.keywords().isEmpty() ? new Tuple(a.positional()) : a.keywords());
  }

  private Object integer(Object v, Bound a) {
    Object missing = a.get(0, 0L);
    return switch (v) {
      case Long n -> n;
      case Boolean b -> b ? 1L : 0L;
      case Double d -> Double.isFinite(d) ? whole(d) : missing;
      case String s -> parsed(Text.strip(s, null), missing, a.integer(1, 10));
      case Undefined u -> throw u.failure();
      default -> missing;
    };
  }

  private static Object whole(double d) {
    if (Math.abs(d) >= 0x1p63) {
      throw new TemplateException(Text.number(d) + " is too large for an integer");
    }
    return (long) d;
  }

  private static Object parsed(String text, Object missing, int base) {
    String prefix = base == 16 ? "0[xX]" : base == 8 ? "0[oO]" : base == 2 ? "0[bB]" : "";
    String digits = text.replaceFirst("^([+-]?)" + prefix, "$1");
    boolean grouped = !digits.matches("(?s)[+-]?_.*|.*_") && !digits.contains("__");
    try {
      return Long.parseLong(grouped ? digits.replace("_", "") : digits, base);
    } catch (NumberFormatException e) {
      Object real = real(text, missing);
      return real instanceof Double d && Double.isFinite(d) ? whole(d) : missing;
    }
  }

  private static Object real(Object v, Object missing) {
    if (v instanceof Undefined u) {
      throw u.failure();
    }
    Number number = Values.number(v);
    if (number != null) {
      return number.doubleValue();
    }
    if (!(v instanceof String text)) {
      return missing;
    }
    String digits = Text.strip(text, null);
    return switch (Text.lower(digits)) {
      case "inf", "+inf", "infinity", "+infinity" -> Double.POSITIVE_INFINITY;
      case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
      case "nan", "+nan", "-nan" -> Double.NaN;
      default ->
          REAL.matcher(digits).matches()
              ? (Object) Double.parseDouble(digits.replace("_", ""))
              : missing;
    };
  }

  private Object round(Object v, Bound a) {
    Number number = Values.number(v);
    if (number == null) {
      throw Values.wrongType("a number", v);
    }
    int precision = Math.clamp(a.integer(0, 0), -400, 400);
    RoundingMode mode =
        switch (a.text(1, "common")) {
          case "common" -> RoundingMode.HALF_EVEN;
          case "ceil" -> RoundingMode.CEILING;
          case "floor" -> RoundingMode.FLOOR;
          default -> throw new TemplateException("rounding is common, ceil or floor");
        };
    if (number instanceof Long n && mode == RoundingMode.HALF_EVEN) {
      return precision >= 0 ? n : new BigDecimal(n).setScale(precision, mode).longValue();
    }
    double real = number.doubleValue();
    if (mode != RoundingMode.HALF_EVEN) {
      double scale = Math.pow(10, precision);
      double scaled = real * scale;
      return (mode == RoundingMode.CEILING ? Math.ceil(scaled) : Math.floor(scaled)) / scale;
    }
    return Double.isFinite(real)
        ? new BigDecimal(real).setScale(precision, mode).doubleValue()
        : real;
  }

  private Object sum(Object v, Bound a) {
    UnaryOperator<Object> attribute = a.has(0) ? attribute(a.get(0)) : o -> o;
    Object sum = a.get(1, 0L);
    for (Object item : values.items(v)) {
      sum = arithmetic.apply("+", sum, attribute.apply(item));
    }
    return sum;
  }

  private Object map(Object v, Arguments a) {
    if (!values.truth(v)) {
      return new Generator(List.of());
    }
    UnaryOperator<Object> function;
    if (a.positional().isEmpty()) {
      Bound bound = a.bind("attribute", "?default");
      function = attribute(bound.get(0), bound.get(1, None.NONE), false);
    } else {
      String name = values.text(a.positional().getFirst());
      Arguments rest = a.after(1);
      function = item -> apply(name, item, rest);
    }
    return mapped(v, function);
  }

  private Generator mapped(Object v, UnaryOperator<Object> function) {
    List<Object> items = new ArrayList<>();
    for (Object item : values.items(v)) {
      values.budget().step();
      items.add(function.apply(item));
    }
    return new Generator(items);
  }

  private Object select(Object v, Arguments a, boolean byAttribute, boolean kept) {
    if (!values.truth(v)) {
      return new Generator(List.of());
    }
    int named = byAttribute ? 1 : 0;
    if (a.positional().size() < named) {
      throw new TemplateException("the name of an attribute is missing");
    }
    UnaryOperator<Object> attribute = byAttribute ? attribute(a.positional().getFirst()) : o -> o;
    boolean tested = a.positional().size() > named;
    String test = tested ? values.text(a.positional().get(named)) : "";
    Arguments rest = tested ? a.after(named + 1) : a;
    List<Object> items = new ArrayList<>();
    for (Object item : values.items(v)) {
      values.budget().step();
      Object looked = attribute.apply(item);
      if ((tested ? tests.apply(test, looked, rest) : values.truth(looked)) == kept) {
        items.add(item);
      }
    }
    return new Generator(items);
  }

  private UnaryOperator<Object> attribute(Object path) {
    return attribute(path, None.NONE, false);
  }

  /** What items are compared by. */
  private UnaryOperator<Object> key(Object path, Object caseSensitive) {
    return attribute(path, None.NONE, !values.truth(caseSensitive));
  }

  /**
   * Gets what a path such as {@code a.b.0} leads to.
   *
   * @param missing what stands for whatever is undefined on the way, unless it is none
   * @param foldCase whether strings lose their case
   */
  private UnaryOperator<Object> attribute(Object path, Object missing, boolean foldCase) {
    List<Object> parts = new ArrayList<>();
    if (path instanceof String text) {
      for (Object part : Text.split(text, ".", -1)) {
        boolean index = part instanceof String s && s.matches("[0-9]{1,9}");
        parts.add(index ? (Object) Long.parseLong((String) part) : part);
      }
    } else if (path != None.NONE) {
      parts.add(path);
    }
    return item -> {
      Object found = item;
      for (Object part : parts) {
        found = values.member(found, part, false);
        found = found instanceof Undefined && missing != None.NONE ? missing : found;
      }
      if (foldCase && found instanceof String s) {
        values.budget().work(s.length());
        return Text.lower(s);
      }
      return found;
    };
  }

  private Object best(Object v, Arguments arguments, int sign) {
    Bound a = arguments.bind("?case_sensitive", "?attribute");
    UnaryOperator<Object> key = key(a.get(1, None.NONE), a.get(0, false));
    List<Object> items = values.items(v);
    if (items.isEmpty()) {
      return new Undefined("there is no item");
    }
    Object best = items.getFirst();
    for (Object item : items) {
      if (values.compare(key.apply(item), key.apply(best)) * sign > 0) {
        best = item;
      }
    }
    return best;
  }

  private Object sort(Object v, Bound a) {
    List<UnaryOperator<Object>> keys = new ArrayList<>();
    if (a.get(2, None.NONE) instanceof String several) {
      Text.split(several, ",", -1).forEach(path -> keys.add(key(path, a.get(1, false))));
    } else {
      keys.add(key(a.get(2, None.NONE), a.get(1, false)));
    }
    Comparator<Object> order =
        keys.stream()
            .map(key -> (Comparator<Object>) (x, y) -> values.compare(key.apply(x), key.apply(y)))
            .reduce(Comparator::thenComparing)
            .orElseThrow();
    return sorted(values.items(v), order, values.truth(a.get(0, false)));
  }

  private static List<Object> sorted(
      List<Object> items, Comparator<Object> order, boolean reverse) {
    List<Object> sorted = new ArrayList<>(items);
    sorted.sort(reverse ? order.reversed() : order);
    return sorted;
  }

  private Object dictSort(Object v, Bound a) {
    if (!(v instanceof Map<?, ?> map)) {
      throw Values.wrongType("a dict", v);
    }
    String by = a.text(1, "key");
    if (!by.equals("key") && !by.equals("value")) {
      throw new TemplateException("a dict is sorted by key or by value");
    }
    UnaryOperator<Object> key = key(by.equals("key") ? 0L : 1L, a.get(0, false));
    return sorted(
        methods.entries(map),
        (x, y) -> values.compare(key.apply(x), key.apply(y)),
        values.truth(a.get(2, false)));
  }

  private Object unique(Object v, Bound a) {
    UnaryOperator<Object> key = key(a.get(1, None.NONE), a.get(0, false));
    Set<Object> seen = new HashSet<>();
    List<Object> items = new ArrayList<>();
    for (Object item : values.items(v)) {
      if (seen.add(values.key(key.apply(item)))) {
        items.add(item);
      }
    }
    return new Generator(items);
  }
}
