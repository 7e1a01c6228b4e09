package dev.lqmf.tokenizer.jinja;

import java.time.Clock;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The functions that a template finds, Transformers' own among them. */
final class Functions {
  /** As Jinja2's sandbox has it. */
  private static final int LONGEST_RANGE = 100_000;

  private final Values values;
  private final Clock clock;

  Functions(Values values, Clock clock) {
    this.values = values;
    this.clock = clock;
  }

  Scope scope() {
    Scope scope = new Scope(null);
    scope.set("range", (Callable) this::range);
    scope.set("dict", (Callable) this::dict);
    scope.set("namespace", (Callable) this::namespace);
    scope.set("raise_exception", (Callable) this::raise);
    scope.set("strftime_now", (Callable) a -> now(a.bind("format").text(0)));
    scope.set("cycler", (Callable) this::cycler);
    scope.set("joiner", (Callable) this::joiner);
    return scope;
  }

  private Object range(Arguments arguments) {
    List<Object> given = arguments.positional();
    if (given.isEmpty() || given.size() > 3 || !arguments.keywords().isEmpty()) {
      throw new TemplateException("range takes one to three integers");
    }
    long first = integer(given.getFirst());
    long begin = given.size() == 1 ? 0 : first;
    long end = given.size() == 1 ? first : integer(given.get(1));
    long step = given.size() < 3 ? 1 : integer(given.get(2));
    if (step == 0) {
      throw new TemplateException("the step of a range cannot be 0");
    }
    double size = Math.max(0, Math.ceil(((double) end - begin) / step));
    if (size > LONGEST_RANGE) {
      throw new TemplateException("a range is longer than " + LONGEST_RANGE);
    }
    return new Range(begin, end, step, (int) size);
  }

  private static long integer(Object value) {
    if (!(Values.number(value) instanceof Long n)) {
      throw Values.wrongType("an integer", value);
    }
    return n;
  }

  private Map<Object, Object> dict(Arguments arguments) {
    Map<Object, Object> dict = new LinkedHashMap<>();
    Arguments.Bound from = new Arguments(arguments.positional(), Map.of()).bind("?from");
    if (from.get(0, Map.of()) instanceof Map<?, ?> other) {
      dict.putAll(other);
    } else {
      for (Object pair : values.items(from.get(0))) {
        List<Object> both = values.items(pair);
        if (both.size() != 2) {
          throw new TemplateException("a dict is made of pairs");
        }
        dict.put(values.key(both.get(0)), both.get(1));
      }
    }
    dict.putAll(arguments.keywords());
    values.budget().items(dict.size() * 2L);
    return dict;
  }

  private Object namespace(Arguments arguments) {
    Namespace namespace = new Namespace();
    dict(arguments).forEach((name, value) -> namespace.set(values.text(name), value));
    return namespace;
  }

  private Object raise(Arguments arguments) {
    throw new TemplateException.Refusal(values.text(arguments.bind("message").get(0)));
  }

  private String now(String format) {
    values.budget().room(format.length() * 16L);
    LocalDateTime now = LocalDateTime.now(clock);
    var text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        text.append(c);
        continue;
      }
      boolean bare = format.charAt(i + 1) == '-' && i + 2 < format.length();
      i += bare ? 2 : 1;
      String field = field(format.charAt(i), now);
      text.append(bare ? field.replaceFirst("^0+(?=.)", "") : field);
    }
    return text.toString();
  }

  private static String field(char directive, LocalDateTime now) {
    String pattern =
        switch (directive) {
          case 'Y' -> "yyyy";
          case 'y' -> "yy";
          case 'm' -> "MM";
          case 'd' -> "dd";
          case 'e' -> "ppd";
          case 'B' -> "MMMM";
          case 'b', 'h' -> "MMM";
          case 'A' -> "EEEE";
          case 'a' -> "EEE";
          case 'H' -> "HH";
          case 'I' -> "hh";
          case 'M' -> "mm";
          case 'S' -> "ss";
          case 'p' -> "a";
          case 'j' -> "DDD";
          case 'f' -> "SSSSSS";
          case 'F' -> "yyyy-MM-dd";
          case 'T' -> "HH:mm:ss";
          case 'R' -> "HH:mm";
          case 'D' -> "MM/dd/yy";
          case 'c' -> "EEE MMM ppd HH:mm:ss yyyy";
          case '%' -> "'%'";
          default -> throw new TemplateException("strftime_now does not know %" + directive);
        };
    return now.format(DateTimeFormatter.ofPattern(pattern, Locale.US));
  }

  private Object cycler(Arguments arguments) {
    List<Object> items = arguments.positional();
    if (items.isEmpty()) {
      throw new TemplateException("a cycler needs items");
    }
    Namespace cycler = new Namespace();
    cycler.set("current", items.getFirst());
    int[] at = {0};
    cycler.set(
        "next",
        (Callable)
            _ -> {
              Object current = items.get(at[0]);
              at[0] = (at[0] + 1) % items.size();
              cycler.set("current", items.get(at[0]));
              return current;
            });
    return cycler;
  }

  private Object joiner(Arguments arguments) {
    Object separator = arguments.bind("?sep").get(0, ", ");
    boolean[] used = {false};
    return (Callable)
        _ -> {
          boolean first = !used[0];
          used[0] = true;
          return first ? "" : separator;
        };
  }
}
