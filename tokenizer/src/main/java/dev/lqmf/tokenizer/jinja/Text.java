package dev.lqmf.tokenizer.jinja;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What Python's {@code str} does; its length and indices count code points. */
final class Text {
  private Text() {}

  /** As {@code str.isspace} of one character. */
  static boolean isSpace(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
  }

  /** Whether there is nothing but white space. */
  static boolean isSpace(String text) {
    return text.codePoints().allMatch(Text::isSpace);
  }

  private static boolean stripped(int c, @Nullable String characters) {
    return characters == null ? isSpace(c) : characters.indexOf(c) >= 0;
  }

  /**
   * @param characters what is stripped; white space if null
   */
  static String stripLeft(String text, @Nullable String characters) {
    int begin = 0;
    while (begin < text.length() && stripped(text.codePointAt(begin), characters)) {
      begin += Character.charCount(text.codePointAt(begin));
    }
    return text.substring(begin);
  }

  static String stripRight(String text, @Nullable String characters) {
    int end = text.length();
    while (end > 0 && stripped(text.codePointBefore(end), characters)) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(0, end);
  }

  static String strip(String text, @Nullable String characters) {
    return stripLeft(stripRight(text, characters), characters);
  }

  static String upper(String text) {
    return text.toUpperCase(Locale.ROOT);
  }

  static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    String rest = text.substring(Character.charCount(first));
    return Character.toString(Character.toTitleCase(first)) + lower(rest);
  }

  /** As the method: every letter that follows none is a capital. */
  static String title(String text) {
    var titled = new StringBuilder();
    boolean inWord = false;
    for (int c : text.codePoints().toArray()) {
      titled.appendCodePoint(inWord ? Character.toLowerCase(c) : Character.toTitleCase(c));
      inWord = Character.isLetter(c);
    }
    return titled.toString();
  }

  /** Single characters. */
  static List<Object> characters(String text) {
    List<Object> characters = new ArrayList<>();
    text.codePoints().forEach(c -> characters.add(Character.toString(c)));
    return characters;
  }

  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  static List<Object> lines(String text, boolean keepEnds) {
    List<Object> lines = new ArrayList<>();
    int begin = 0;
    for (int i = 0; i < text.length(); i++) {
      if ("\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029".indexOf(text.charAt(i)) >= 0) {
        int end = i;
        if (text.startsWith("\r\n", i)) {
          i++;
        }
        lines.add(text.substring(begin, keepEnds ? i + 1 : end));
        begin = i + 1;
      }
    }
    if (begin < text.length()) {
      lines.add(text.substring(begin));
    }
    return lines;
  }

  /**
   * As {@code str.split} without a separator.
   *
   * @param limit how often it is split at most; without bound if negative
   */
  static List<Object> words(String text, int limit) {
    List<Object> words = new ArrayList<>();
    int end = 0;
    while (true) {
      int begin = end;
      while (begin < text.length() && isSpace(text.charAt(begin))) {
        begin++;
      }
      if (begin == text.length()) {
        return words;
      }
      end = words.size() == limit ? text.length() : begin;
      while (end < text.length() && !isSpace(text.charAt(end))) {
        end++;
      }
      words.add(text.substring(begin, end));
    }
  }

  /** As {@code str.rsplit} without a separator. */
  static List<Object> wordsFromRight(String text, int limit) {
    List<Object> words = new ArrayList<>();
    int begin = text.length();
    while (true) {
      int end = begin;
      while (end > 0 && isSpace(text.charAt(end - 1))) {
        end--;
      }
      if (end == 0) {
        return words.reversed();
      }
      begin = words.size() == limit ? 0 : end;
      while (begin > 0 && !isSpace(text.charAt(begin - 1))) {
        begin--;
      }
      words.add(text.substring(begin, end));
    }
  }

  static List<Object> split(String text, String separator, int limit) {
    List<Object> parts = new ArrayList<>();
    int begin = 0;
    int next;
    while (parts.size() != limit && (next = text.indexOf(separator, begin)) >= 0) {
      parts.add(text.substring(begin, next));
      begin = next + separator.length();
    }
    parts.add(text.substring(begin));
    return parts;
  }

  static List<Object> splitFromRight(String text, String separator, int limit) {
    List<Object> parts = new ArrayList<>();
    int end = text.length();
    int next;
    while (parts.size() != limit
        && end >= separator.length()
        && (next = text.lastIndexOf(separator, end - separator.length())) >= 0) {
      parts.add(text.substring(next + separator.length(), end));
      end = next;
    }
    parts.add(text.substring(0, end));
    return parts.reversed();
  }

  static String escapeHtml(String text) {
    return text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  /** The shortest decimal that gives the number again, as Python writes it. */
  static String number(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number > 0 ? "inf" : "-inf";
    }
    if (number == 0) {
      return 1 / number < 0 ? "-0.0" : "0.0";
    }
    BigDecimal decimal = new BigDecimal(Double.toString(number)).stripTrailingZeros();
    int exponent = decimal.precision() - decimal.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      return decimal.scale() <= 0 ? decimal.toPlainString() + ".0" : decimal.toPlainString();
    }
    String digits = decimal.unscaledValue().abs().toString();
    return (number < 0 ? "-" : "")
        + digits.charAt(0)
        + (digits.length() > 1 ? "." + digits.substring(1) : "")
        + "e%s%02d".formatted(exponent < 0 ? "-" : "+", Math.abs(exponent));
  }

  /** A string as Python shows it inside of a list. */
  static String quoted(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    var shown = new StringBuilder().append(quote);
    for (int c : text.codePoints().toArray()) {
      switch (c) {
        case '\n' -> shown.append("\\n");
        case '\r' -> shown.append("\\r");
        case '\t' -> shown.append("\\t");
        case '\\' -> shown.append("\\\\");
        default -> {
          if (c == quote) {
            shown.append('\\').append(quote);
          } else if (c == ' ' || isPrintable(c)) {
            shown.appendCodePoint(c);
          } else {
            int digits = c < 0x100 ? 2 : c < 0x10000 ? 4 : 8;
            shown.append(digits == 2 ? "\\x" : digits == 4 ? "\\u" : "\\U");
            shown.append(HexFormat.of().toHexDigits(c, digits));
          }
        }
      }
    }
    return shown.append(quote).toString();
  }

  private static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
