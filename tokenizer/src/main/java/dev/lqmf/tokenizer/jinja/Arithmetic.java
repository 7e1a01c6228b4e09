package dev.lqmf.tokenizer.jinja;

import java.util.ArrayList;
import java.util.List;

/** Python's operators of numbers, strings and lists. Integers have 64 bits. */
final class Arithmetic {
  private final Values values;
  private final Formatter formatter;

  Arithmetic(Values values) {
    this.values = values;
    this.formatter = new Formatter(values);
  }

  Object apply(String operator, Object left, Object right) {
    if (left instanceof Undefined u) {
      throw u.failure();
    }
    if (right instanceof Undefined u && !(left instanceof String && operator.equals("%"))) {
      throw u.failure();
    }
    Number x = Values.number(left);
    Number y = Values.number(right);
    if (x != null && y != null) {
      return x instanceof Long a && y instanceof Long b
          ? ofIntegers(operator, a, b)
          : ofReals(operator, x.doubleValue(), y.doubleValue());
    }
    switch (operator) {
      case "+":
        if (left instanceof String a && right instanceof String b) {
          values.budget().room((long) a.length() + b.length());
          return a + b;
        }
        if (left instanceof List<?> a
            && right instanceof List<?> b
            && !(a instanceof Range || b instanceof Range)) {
          return joined(Values.list(a), Values.list(b));
        }
        if (left instanceof Tuple(List<Object> a) && right instanceof Tuple(List<Object> b)) {
          return new Tuple(joined(a, b));
        }
        break;
      case "*":
        if (y instanceof Long times && x == null) {
          return repeated(left, times);
        }
        if (x instanceof Long times && y == null) {
          return repeated(right, times);
        }
        break;
      case "%":
        if (left instanceof String format) {
          return formatter.percent(format, right);
        }
        break;
      default:
    }
    throw impossible(operator, left, right);
  }

  private List<Object> joined(List<Object> a, List<Object> b) {
    values.budget().items((long) a.size() + b.size());
    List<Object> both = new ArrayList<>(a);
    both.addAll(b);
    return both;
  }

  private Object repeated(Object value, long times) {
    Long size = values.lengthOrNull(value);
    int count = (int) Math.clamp(times, 0, Budget.SIZE + 1L);
    if (size != null) {
      if (value instanceof String s) {
        values.budget().room((long) s.length() * count);
      } else {
        values.budget().items(size * count);
      }
    }
    if (value instanceof String text) {
      return text.repeat(text.isEmpty() ? 0 : count);
    }
    if (!(value instanceof Tuple) && (!(value instanceof List) || value instanceof Range)) {
      throw impossible("*", value, times);
    }
    List<Object> items = values.items(value);
    List<Object> repeated = new ArrayList<>();
    for (int i = 0; i < count && !items.isEmpty(); i++) {
      repeated.addAll(items);
    }
    return value instanceof Tuple ? new Tuple(repeated) : repeated;
  }

  private static Object ofIntegers(String operator, long a, long b) {
    try {
      return switch (operator) {
        case "+" -> Math.addExact(a, b);
        case "-" -> Math.subtractExact(a, b);
        case "*" -> Math.multiplyExact(a, b);
        case "/" -> (double) a / nonZero(b);
        case "//" -> Math.floorDivExact(a, nonZero(b));
        case "%" -> Math.floorMod(a, nonZero(b));
        default -> b < 0 ? (Object) power(a, b) : (Object) Math.powExact(a, Math.toIntExact(b));
      };
    } catch (ArithmeticException e) {
      throw new TemplateException("%d %s %d is too large".formatted(a, operator, b));
    }
  }

  private static Object ofReals(String operator, double a, double b) {
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / nonZero(b);
      case "//" -> Math.floor(a / nonZero(b));
      case "%" -> {
        double rest = a % nonZero(b);
        yield rest != 0 && rest < 0 != b < 0 ? rest + b : rest;
      }
      default -> power(a, b);
    };
  }

  private static double power(double a, double b) {
    double power = Math.pow(a, b);
    if (a == 0 && b < 0 || Double.isNaN(power) && !Double.isNaN(a) && !Double.isNaN(b)) {
      throw new TemplateException("%s ** %s is no real number".formatted(a, b));
    }
    return power;
  }

  private static long nonZero(long divisor) {
    if (divisor == 0) {
      throw new TemplateException("division by zero");
    }
    return divisor;
  }

  private static double nonZero(double divisor) {
    if (divisor == 0) {
      throw new TemplateException("division by zero");
    }
    return divisor;
  }

  Object sign(String operator, Object value) {
    return switch (value) {
      case Double d -> operator.equals("-") ? -d : d;
      case Long _, Boolean _ -> ofIntegers(operator, 0, (Long) number(value));
      default -> throw Values.wrongType("a number", value);
    };
  }

  private static Number number(Object value) {
    Number number = Values.number(value);
    if (number == null) {
      throw Values.wrongType("a number", value);
    }
    return number;
  }

  private static TemplateException impossible(String operator, Object left, Object right) {
    return new TemplateException(
        "%s %s %s is not possible"
            .formatted(Values.typeName(left), operator, Values.typeName(right)));
  }
}
