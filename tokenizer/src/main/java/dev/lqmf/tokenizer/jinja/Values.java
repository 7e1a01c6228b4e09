package dev.lqmf.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Python's view of values: {@code String}, {@code Long}, {@code Double}, {@code Boolean}, {@link
 * None}, {@code List}, {@link Tuple}, {@code Map}, {@link View}, {@link Generator}, {@link
 * Namespace}, {@link Callable} and {@link Undefined}.
 */
final class Values {
  private final Budget budget;

  Values(Budget budget) {
    this.budget = budget;
  }

  Budget budget() {
    return budget;
  }

  static String typeName(Object value) {
    return switch (value) {
      case String _ -> "str";
      case Long _ -> "int";
      case Double _ -> "float";
      case Boolean _ -> "bool";
      case None _ -> "None";
      case Range _ -> "range";
      case List<?> _ -> "list";
      case Tuple _ -> "tuple";
      case Map<?, ?> _ -> "dict";
      case View v -> v.name();
      case Generator _ -> "generator";
      case Namespace _ -> "namespace";
      case Undefined _ -> "undefined";
      case Callable _ -> "function";
      default -> "object";
    };
  }

  static TemplateException wrongType(String needed, Object value) {
    return value instanceof Undefined u
        ? u.failure()
        : new TemplateException(needed + " is needed, not " + typeName(value));
  }

  boolean truth(Object value) {
    return switch (value) {
      case Boolean b -> b;
      case String s -> !s.isEmpty();
      case Long n -> n != 0;
      case Double d -> d != 0;
      case List<?> l -> !l.isEmpty();
      case Tuple t -> !t.items().isEmpty();
      case View v -> !v.items().isEmpty();
      case Map<?, ?> m -> !m.isEmpty();
      case None _, Undefined _ -> false;
      default -> true;
    };
  }

  /** The items of something that can be iterated over. A generator is used up. */
  List<Object> items(Object value) {
    List<Object> items = itemsOrNull(value);
    if (items == null) {
      throw wrongType("something with items", value);
    }
    return items;
  }

  @Nullable List<Object> itemsOrNull(Object value) {
    return switch (value) {
      case List<?> l -> list(l);
      case Tuple t -> t.items();
      case View v -> v.items();
      case Map<?, ?> m -> {
        budget.items(m.size());
        yield new ArrayList<>(m.keySet());
      }
      case String s -> {
        budget.items(s.length());
        yield Text.characters(s);
      }
      case Generator g -> g.take();
      case Undefined _ -> List.of();
      default -> null;
    };
  }

  @SuppressWarnings("unchecked") // Lists of templates hold any objects.
  static List<Object> list(List<?> list) {
    return (List<Object>) list;
  }

  /** Those of {@code len}; absent for what has none. */
  @Nullable Long lengthOrNull(Object value) {
    return switch (value) {
      case String s -> {
        budget.work(s.length());
        yield (long) Text.length(s);
      }
      case List<?> l -> (long) l.size();
      case Tuple t -> (long) t.items().size();
      case View v -> (long) v.items().size();
      case Map<?, ?> m -> (long) m.size();
      case Undefined _ -> 0L;
      default -> null;
    };
  }

  Long length(Object value) {
    Long length = lengthOrNull(value);
    if (length == null) {
      throw wrongType("something with a length", value);
    }
    return length;
  }

  /** Python's {@code ==}. */
  boolean equal(Object a, Object b) {
    budget.step();
    if (a == b) {
      return !(a instanceof Double d && d.isNaN());
    }
    Number x = number(a);
    Number y = number(b);
    if (x != null && y != null) {
      return x instanceof Long && y instanceof Long
          ? x.longValue() == y.longValue()
          : x.doubleValue() == y.doubleValue();
    }
    return switch (a) {
      case String s when b instanceof String t -> {
        budget.work(s.length());
        yield s.equals(t);
      }
      case List<?> l when b instanceof List<?> m && l instanceof Range == m instanceof Range ->
          equalItems(list(l), list(m));
      case Tuple(List<Object> l) when b instanceof Tuple(List<Object> m) -> equalItems(l, m);
      case Map<?, ?> l when b instanceof Map<?, ?> m -> equalEntries(l, m);
      case Undefined _ -> b instanceof Undefined;
      default -> false;
    };
  }

  private boolean equalItems(List<Object> a, List<Object> b) {
    budget.enter();
    boolean equal = a.size() == b.size();
    for (int i = 0; equal && i < a.size(); i++) {
      equal = equal(a.get(i), b.get(i));
    }
    budget.leave();
    return equal;
  }

  private boolean equalEntries(Map<?, ?> a, Map<?, ?> b) {
    budget.enter();
    boolean equal = a.size() == b.size();
    for (Map.Entry<?, ?> entry : a.entrySet()) {
      Object other = b.get(entry.getKey());
      equal = equal && other != null && equal(entry.getValue(), other);
    }
    budget.leave();
    return equal;
  }

  /** The number that a value is; truth values are 0 and 1. */
  static @Nullable Number number(Object value) {
    return switch (value) {
      case Long n -> n;
      case Double d -> d;
      case Boolean b -> b ? 1L : 0L;
      default -> null;
    };
  }

  /** An order where Python has one. */
  int compare(Object a, Object b) {
    budget.step();
    Number x = number(a);
    Number y = number(b);
    if (x != null && y != null) {
      return x instanceof Long && y instanceof Long
          ? Long.compare(x.longValue(), y.longValue())
          : Double.compare(x.doubleValue() + 0.0, y.doubleValue() + 0.0);
    }
    if (a instanceof String s && b instanceof String t) {
      budget.work(Math.min(s.length(), t.length()));
      return compareCodePoints(s, t);
    }
    if (a instanceof List<?> l && b instanceof List<?> m) {
      return compareItems(list(l), list(m));
    }
    if (a instanceof Tuple(List<Object> l) && b instanceof Tuple(List<Object> m)) {
      return compareItems(l, m);
    }
    if (a instanceof Undefined u) {
      throw u.failure();
    }
    if (b instanceof Undefined u) {
      throw u.failure();
    }
    throw new TemplateException("%s and %s have no order".formatted(typeName(a), typeName(b)));
  }

  /** UTF-16 has another order than Unicode. */
  private static int compareCodePoints(String a, String b) {
    int same = 0;
    while (same < a.length() && same < b.length() && a.charAt(same) == b.charAt(same)) {
      same++;
    }
    if (same == a.length() || same == b.length()) {
      return Integer.compare(a.length(), b.length());
    }
    boolean half = same > 0 && Character.isHighSurrogate(a.charAt(same - 1));
    int at = half ? same - 1 : same;
    return Integer.compare(a.codePointAt(at), b.codePointAt(at));
  }

  private int compareItems(List<Object> a, List<Object> b) {
    budget.enter();
    int order = 0;
    int size = Math.min(a.size(), b.size());
    for (int i = 0; order == 0 && i < size; i++) {
      order = equal(a.get(i), b.get(i)) ? 0 : compare(a.get(i), b.get(i));
    }
    budget.leave();
    return order != 0 ? order : Integer.compare(a.size(), b.size());
  }

  /** Python's {@code in}. */
  boolean contains(Object container, Object sought) {
    return switch (container) {
      case String s -> {
        if (!(sought instanceof String part)) {
          throw wrongType("a string", sought);
        }
        budget.search(s, part);
        yield s.contains(part);
      }
      case Map<?, ?> m -> m.containsKey(key(sought));
      default -> {
        boolean found = false;
        for (Object item : items(container)) {
          found = found || equal(item, sought);
        }
        yield found;
      }
    };
  }

  /** A value as the key of a dict. */
  Object key(Object value) {
    return switch (value) {
      case String s -> {
        budget.work(s.length());
        yield s;
      }
      case Double d when d == Math.rint(d) && Math.abs(d) < 1L << 53 -> d.longValue();
      case Long _, Double _, Boolean _, None _, Undefined _ -> value;
      default -> throw new TemplateException(typeName(value) + " cannot be a key");
    };
  }

  /** Python's {@code str}. */
  String text(Object value) {
    return switch (value) {
      case String s -> s;
      case Undefined _ -> "";
      default -> repr(value);
    };
  }

  /** Python's {@code repr}. */
  String repr(Object value) {
    Output out = new Output(budget);
    show(value, out);
    return out.toString();
  }

  private void show(Object value, Output out) {
    budget.step();
    budget.enter();
    switch (value) {
      case String s -> out.append(Text.quoted(s));
      case Double d -> out.append(Text.number(d));
      case Long n -> out.append(Long.toString(n));
      case Boolean b -> out.append(b ? "True" : "False");
      case None _ -> out.append("None");
      case Undefined _ -> out.append("Undefined");
      case Range r -> out.append(r.toString());
      case List<?> l -> show("[", list(l), "]", out);
      case Tuple t -> show("(", t.items(), t.items().size() == 1 ? ",)" : ")", out);
      case View v -> show(v.name() + "([", v.items(), "])", out);
      case Map<?, ?> m -> show(m, out);
      case Namespace n -> {
        out.append("<Namespace ");
        show(n.attributes(), out);
        out.append(">");
      }
      default -> throw wrongType("something printable", value);
    }
    budget.leave();
  }

  private void show(String begin, List<Object> items, String end, Output out) {
    out.append(begin);
    String separator = "";
    for (Object item : items) {
      out.append(separator);
      show(item, out);
      separator = ", ";
    }
    out.append(end);
  }

  private void show(Map<?, ?> entries, Output out) {
    out.append("{");
    String separator = "";
    for (Map.Entry<?, ?> entry : entries.entrySet()) {
      out.append(separator);
      show(entry.getKey(), out);
      out.append(": ");
      show(entry.getValue(), out);
      separator = ", ";
    }
    out.append("}");
  }

  /**
   * The item of an index, or the attribute of that name, or undefined.
   *
   * @param attributeFirst whether attributes come before items, as after a dot
   */
  Object member(Object target, Object index, boolean attributeFirst) {
    if (target instanceof Undefined u) {
      throw u.failure();
    }
    Object attribute = index instanceof String name ? attribute(target, name) : null;
    if (attributeFirst && attribute != null) {
      return attribute;
    }
    Object item = item(target, index);
    if (item == null) {
      item = attribute;
    }
    return item != null
        ? item
        : new Undefined(
            "%s has no %s"
                .formatted(
                    typeName(target),
                    index instanceof String name ? "'" + name + "'" : "item " + text(index)));
  }

  private @Nullable Object item(Object target, Object index) {
    if (target instanceof Map<?, ?> map) {
      return map.get(index instanceof List<?> || index instanceof Map<?, ?> ? index : key(index));
    }
    Number number = number(index);
    if (!(number instanceof Long n)) {
      return null;
    }
    if (target instanceof String s) {
      int length = Text.length(s);
      budget.work(length);
      long at = n < 0 ? n + length : n;
      return at < 0 || at >= length
          ? null
          : Character.toString(s.codePointAt(s.offsetByCodePoints(0, (int) at)));
    }
    List<Object> items =
        target instanceof List<?> l ? list(l) : target instanceof Tuple t ? t.items() : List.of();
    long at = n < 0 ? n + items.size() : n;
    return at < 0 || at >= items.size() ? null : items.get((int) at);
  }

  private @Nullable Object attribute(Object target, String name) {
    return switch (target) {
      case String s -> new Methods(this).ofString(s, name);
      case Map<?, ?> m -> new Methods(this).ofDict(m, name);
      case List<?> l -> new Methods(this).ofList(list(l), name);
      case Tuple t -> new Methods(this).ofTuple(t.items(), name);
      case Namespace n -> n.attributes().get(name);
      case Loop l -> l.attribute(name);
      default -> null;
    };
  }

  /** Python's slices. */
  Object slice(Object target, Object begin, Object end, Object step) {
    if (target instanceof Undefined u) {
      throw u.failure();
    }
    // Code points are numbers: not every character becomes an object.
    int[] characters = target instanceof String s ? s.codePoints().toArray() : new int[0];
    List<Object> items =
        target instanceof List<?> l ? list(l) : target instanceof Tuple t ? t.items() : List.of();
    if (!(target instanceof String || target instanceof List || target instanceof Tuple)) {
      throw wrongType("something that has slices", target);
    }
    long by = bound(step, 1);
    if (by == 0) {
      throw new TemplateException("the step of a slice cannot be 0");
    }
    int size = Math.max(characters.length, items.size());
    budget.work(size);
    long first = clipped(bound(begin, by > 0 ? 0 : Long.MAX_VALUE), size, by);
    long last = end == None.NONE ? (by > 0 ? size : -1) : clipped(bound(end, 0), size, by);
    long stride = Math.clamp(by, -size - 1, size + 1);
    var text = new StringBuilder();
    List<Object> taken = new ArrayList<>();
    for (long i = first; by > 0 ? i < last : i > last; i += stride) {
      if (target instanceof String) {
        text.appendCodePoint(characters[(int) i]);
      } else {
        taken.add(items.get((int) i));
      }
    }
    if (target instanceof String) {
      return budget.made(text.toString());
    }
    budget.items(taken.size());
    return target instanceof Tuple ? new Tuple(taken) : taken;
  }

  private static long bound(Object value, long missing) {
    return switch (value) {
      case None _ -> missing;
      case Long n -> n;
      case Boolean b -> b ? 1 : 0;
      default -> throw wrongType("an integer", value);
    };
  }

  private static long clipped(long index, int size, long step) {
    long at = index < 0 ? index + size : index;
    return step > 0 ? Math.clamp(at, 0, size) : Math.clamp(at, -1, size - 1);
  }
}
