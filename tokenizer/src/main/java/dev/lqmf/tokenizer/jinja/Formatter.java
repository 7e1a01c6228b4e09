package dev.lqmf.tokenizer.jinja;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Python's two ways of formatting: {@code '%s' % x} and {@code '{}'.format(x)}. */
final class Formatter {
  private static final Pattern PERCENT =
      Pattern.compile("%(?:\\((\\w+)\\))?([-+ 0#]*)(\\d{0,8})(?:\\.(\\d{1,8}))?([a-zA-Z%])");
  private static final Pattern BRACES =
      Pattern.compile("\\{\\{|\\}\\}|\\{(\\w*)(?:!([rs]))?(?::([^{}]*))?\\}");
  private static final Pattern SPECIFICATION =
      Pattern.compile(
          "(?:(.)?([<>=^]))?([-+ ]?)(0?)(\\d{0,8})(,?)(?:\\.(\\d{1,8}))?([a-zA-Z%]?)",
          Pattern.DOTALL);

  private static final int LONGEST_FRACTION = 1000;

  private final Values values;

  Formatter(Values values) {
    this.values = values;
  }

  String percent(String format, Object arguments) {
    List<Object> positional = arguments instanceof Tuple tuple ? tuple.items() : List.of(arguments);
    Output out = new Output(values.budget());
    Matcher m = PERCENT.matcher(format);
    int end = 0;
    int used = 0;
    while (m.find()) {
      literal(format.substring(end, m.start()), '%', out);
      end = m.end();
      char type = m.group(5).charAt(0);
      if (type == '%') {
        out.append("%");
        continue;
      }
      Object value;
      if (m.group(1) != null) {
        if (!(arguments instanceof Map<?, ?> named) || !named.containsKey(m.group(1))) {
          throw new TemplateException("the format has no value for '" + m.group(1) + "'");
        }
        value = named.get(m.group(1));
        used = positional.size();
      } else if (used < positional.size()) {
        value = positional.get(used++);
      } else {
        throw new TemplateException("the format has too few values");
      }
      String flags = m.group(2);
      boolean text = type == 's' || type == 'r' || type == 'c';
      char sign = flags.contains("+") ? '+' : flags.contains(" ") ? ' ' : '-';
      String body =
          switch (type) {
            case 's', 'c' -> cut(values.text(value), m.group(4));
            case 'r' -> cut(values.repr(value), m.group(4));
            case 'i', 'u', 'd' -> number(truncated(value), 'd', null, sign, false);
            default -> number(value, type, m.group(4), sign, false);
          };
      boolean zeros = flags.contains("0") && !text && !flags.contains("-");
      char alignment = flags.contains("-") ? '<' : zeros ? '=' : '>';
      out.append(pad(body, zeros ? '0' : ' ', alignment, width(m.group(3))));
    }
    literal(format.substring(end), '%', out);
    if (used < positional.size() && !(arguments instanceof Map)) {
      throw new TemplateException("the format has too many values");
    }
    return out.toString();
  }

  String braces(String format, Arguments arguments) {
    Output out = new Output(values.budget());
    Matcher m = BRACES.matcher(format);
    int end = 0;
    int used = 0;
    while (m.find()) {
      literal(format.substring(end, m.start()), '{', out);
      end = m.end();
      String name = m.group(1);
      if (name == null) {
        out.append(m.group().substring(1));
        continue;
      }
      List<Object> positional = arguments.positional();
      Object value = arguments.keywords().get(name);
      if (name.isEmpty() || name.matches("[0-9]{1,8}")) {
        int index = name.isEmpty() ? used++ : Integer.parseInt(name);
        value = index < positional.size() ? positional.get(index) : null;
      }
      if (value == null) {
        throw new TemplateException("the format has no value for '" + name + "'");
      }
      if (m.group(2) != null) {
        value = m.group(2).equals("r") ? values.repr(value) : values.text(value);
      }
      out.append(m.group(3) == null ? values.text(value) : specified(value, m.group(3)));
    }
    literal(format.substring(end), '{', out);
    return out.toString();
  }

  /** The text between what is replaced: must not hold what begins a replacement. */
  private static void literal(String text, char begin, Output out) {
    if (text.indexOf(begin) >= 0 || begin == '{' && text.indexOf('}') >= 0) {
      throw new TemplateException("the format %s is not valid".formatted(Text.quoted(text)));
    }
    out.append(text);
  }

  private String specified(Object value, String specification) {
    Matcher m = SPECIFICATION.matcher(specification);
    if (!m.matches()) {
      throw new TemplateException("the format " + Text.quoted(specification) + " is not valid");
    }
    Number number = value instanceof Boolean ? null : Values.number(value);
    boolean zeros = !m.group(4).isEmpty();
    String fill = m.group(1) != null ? m.group(1) : zeros ? "0" : " ";
    char alignment =
        m.group(2) != null ? m.group(2).charAt(0) : number == null ? '<' : zeros ? '=' : '>';
    String body;
    if (number == null && (m.group(8).isEmpty() || m.group(8).equals("s"))) {
      body = cut(values.text(value), m.group(7));
    } else {
      char sign = m.group(3).isEmpty() ? '-' : m.group(3).charAt(0);
      char type = m.group(8).isEmpty() ? ' ' : m.group(8).charAt(0);
      if (type == ' ' && m.group(7) == null) {
        type = value instanceof Double ? 'r' : 'd';
      }
      body = number(value, type, m.group(7), sign, !m.group(6).isEmpty());
    }
    return pad(body, fill.charAt(0), alignment, width(m.group(5)));
  }

  private static String cut(String text, @Nullable String precision) {
    int kept = precision == null ? Integer.MAX_VALUE : Integer.parseInt(precision);
    return kept < Text.length(text) ? text.substring(0, text.offsetByCodePoints(0, kept)) : text;
  }

  private static Object truncated(Object value) {
    return value instanceof Double d
        ? (Object) Math.round(d < 0 ? Math.ceil(d) : Math.floor(d))
        : value;
  }

  private String number(
      Object value, char type, @Nullable String precision, char sign, boolean grouped) {
    Number number = Values.number(value);
    if (number == null) {
      throw Values.wrongType("a number", value);
    }
    double real = number.doubleValue();
    int digits = precision == null ? 6 : Integer.parseInt(precision);
    if (digits > LONGEST_FRACTION) {
      throw new TemplateException("a number with %d decimals is too long".formatted(digits));
    }
    String text =
        switch (type) {
          case 'd', 'x', 'X', 'o', 'b' -> {
            if (!(number instanceof Long n)) {
              throw Values.wrongType("an integer", value);
            }
            String magnitude =
                switch (type) {
                  case 'd' -> Long.toString(n);
                  case 'o' -> Long.toString(n, 8);
                  case 'b' -> Long.toString(n, 2);
                  default -> Long.toString(n, 16);
                };
            yield type == 'X' ? Text.upper(magnitude) : magnitude;
          }
          case 'r' -> Text.number(real);
          case 'f', 'F' -> fixed(real, digits);
          case '%' -> fixed(real * 100, digits) + "%";
          case 'e' -> String.format(Locale.ROOT, "%." + digits + "e", real);
          default ->
              throw new TemplateException("formats of type '%s' are not known".formatted(type));
        };
    boolean negative = text.startsWith("-");
    String magnitude = negative ? text.substring(1) : text;
    if (grouped) {
      int point = magnitude.indexOf('.') < 0 ? magnitude.length() : magnitude.indexOf('.');
      List<String> groups = new ArrayList<>();
      for (int end = point; end > 0; end -= 3) {
        groups.addFirst(magnitude.substring(Math.max(0, end - 3), end));
      }
      magnitude = String.join(",", groups) + magnitude.substring(point);
    }
    return (negative ? "-" : sign == '-' ? "" : String.valueOf(sign)) + magnitude;
  }

  private static String fixed(double real, int digits) {
    return Double.isFinite(real)
        ? (real < 0 || 1 / real < 0 ? "-" : "")
            + new BigDecimal(Math.abs(real))
                .setScale(digits, RoundingMode.HALF_EVEN)
                .toPlainString()
        : Text.number(real);
  }

  private static int width(String digits) {
    return digits.isEmpty() ? 0 : Integer.parseInt(digits);
  }

  /**
   * Fills a text up.
   *
   * @param alignment {@code <}, {@code >}, {@code ^}, or {@code =}, which fills after the sign
   */
  String pad(String text, char fill, char alignment, int width) {
    int missing = width - Text.length(text);
    if (missing <= 0) {
      return text;
    }
    values.budget().room(width);
    String filling = String.valueOf(fill);
    int signs = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
    return switch (alignment) {
      case '<' -> text + filling.repeat(missing);
      case '^' -> filling.repeat(missing / 2) + text + filling.repeat(missing - missing / 2);
      case '=' -> text.substring(0, signs) + filling.repeat(missing) + text.substring(signs);
      default -> filling.repeat(missing) + text;
    };
  }
}
