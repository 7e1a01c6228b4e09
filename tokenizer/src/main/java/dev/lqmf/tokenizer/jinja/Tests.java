package dev.lqmf.tokenizer.jinja;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What can follow {@code is}. */
final class Tests {
  private final Values values;

  Tests(Values values) {
    this.values = values;
  }

  boolean apply(String name, Object value, Arguments arguments) {
    if (value instanceof String text) {
      values.budget().work(text.length());
    }
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == None.NONE;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Objects.equals(value, true);
      case "false" -> Objects.equals(value, false);
      case "string" -> value instanceof String;
      case "number" -> Values.number(value) != null;
      case "integer" -> value instanceof Long;
      case "float" -> value instanceof Double;
      case "mapping" -> value instanceof Map;
      case "iterable" -> value instanceof View || value instanceof Generator || isSequence(value);
      case "sequence" -> isSequence(value);
      case "callable" -> value instanceof Callable;
      case "odd" -> remainder(value, 2L) == 1;
      case "even" -> remainder(value, 2L) == 0;
      case "divisibleby" -> remainder(value, other(arguments)) == 0;
      case "lower" -> isCased(values.text(value), Text.lower(values.text(value)));
      case "upper" -> isCased(values.text(value), Text.upper(values.text(value)));
      case "in" -> values.contains(other(arguments), value);
      case "eq", "==", "equalto", "sameas" -> values.equal(value, other(arguments));
      case "ne", "!=" -> !values.equal(value, other(arguments));
      case "lt", "<", "lessthan" -> values.compare(value, other(arguments)) < 0;
      case "le", "<=" -> values.compare(value, other(arguments)) <= 0;
      case "gt", ">", "greaterthan" -> values.compare(value, other(arguments)) > 0;
      case "ge", ">=" -> values.compare(value, other(arguments)) >= 0;
      default -> throw new TemplateException("no test is named '" + name + "'");
    };
  }

  private static Object other(Arguments arguments) {
    return arguments.bind("other").get(0);
  }

  private static boolean isSequence(Object value) {
    return value instanceof String
        || value instanceof List
        || value instanceof Tuple
        || value instanceof Map
        || value instanceof Undefined;
  }

  private double remainder(Object value, Object divisor) {
    Number rest = Values.number(new Arithmetic(values).apply("%", value, divisor));
    if (rest == null) {
      throw Values.wrongType("a number", value);
    }
    return rest.doubleValue();
  }

  private static boolean isCased(String text, String cased) {
    return text.equals(cased) && !Text.upper(text).equals(Text.lower(text));
  }
}
