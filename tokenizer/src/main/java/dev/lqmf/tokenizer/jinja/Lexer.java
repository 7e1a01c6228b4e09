package dev.lqmf.tokenizer.jinja;

import dev.lqmf.tokenizer.jinja.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a template into tokens. White space is treated as with Jinja2's {@code trim_blocks} and
 * {@code lstrip_blocks}, as Transformers sets them, and one newline at the end is dropped.
 */
final class Lexer {
  // Repetitions are bounded, since those of groups take Java's stack.
  private static final Pattern FLOAT =
      Pattern.compile(
          "(?<!\\.)D((\\.D)?[eE][+-]?D|\\.D)".replace("D", "(?:\\d{1,99}_){0,99}\\d{1,99}"));
  private static final Pattern INTEGER =
      Pattern.compile(
          "0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[0-9a-fA-F])+|[1-9](_?[0-9])*|0(_?0)*"
              .replace(")+", "){1,99}")
              .replace(")*", "){0,99}"));
  private static final Pattern RAW_BEGIN =
      Pattern.compile("\\{%([-+]?)\\s*raw\\s*(?:-%\\}\\s*|%\\})", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern RAW_END =
      Pattern.compile(
          "\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\\n?)",
          Pattern.UNICODE_CHARACTER_CLASS);
  private static final List<String> LONG_OPERATORS = List.of("//", "**", "==", "!=", ">=", "<=");
  private static final String OPERATORS = "+-/*%~[](){}=.:|,;<>";

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;
  private int counted;

  private Lexer(String source) {
    String unix = source.replace("\r\n", "\n").replace('\r', '\n');
    this.source = unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix;
  }

  /** The tokens of a template, the last of which is the only one of kind {@code END}. */
  static List<Token> tokens(String source) {
    Lexer lexer = new Lexer(source);
    lexer.root();
    lexer.add(Kind.END, "");
    return lexer.tokens;
  }

  private void root() {
    while (at < source.length()) {
      int tag = source.indexOf('{', at);
      while (tag >= 0
          && (tag + 1 == source.length() || "{%#".indexOf(source.charAt(tag + 1)) < 0)) {
        tag = source.indexOf('{', tag + 1);
      }
      if (tag < 0) {
        data(source.substring(at));
        at = source.length();
        return;
      }
      Matcher raw = RAW_BEGIN.matcher(source).region(tag, source.length());
      String sign = at(tag + 2, '-') ? "-" : at(tag + 2, '+') ? "+" : "";
      boolean variable = source.charAt(tag + 1) == '{';
      data(stripped(source.substring(at, tag), sign, !variable));
      at = tag;
      if (raw.lookingAt()) {
        at = raw.end();
        raw();
        continue;
      }
      at = tag + 2 + sign.length();
      switch (source.charAt(tag + 1)) {
        case '#' -> comment();
        case '%' -> {
          add(Kind.BLOCK_BEGIN, "{%");
          code(Kind.BLOCK_END, "%}");
        }
        default -> {
          add(Kind.VARIABLE_BEGIN, "{{");
          code(Kind.VARIABLE_END, "}}");
        }
      }
    }
  }

  /** Text in front of a tag, without the white space that the tag takes away. */
  private String stripped(String text, String sign, boolean block) {
    if (sign.equals("-")) {
      return Text.stripRight(text, null);
    }
    int lineBegin = text.lastIndexOf('\n') + 1;
    boolean wholeLine = lineBegin > 0 || at == 0 || source.charAt(at - 1) == '\n';
    return block && sign.isEmpty() && wholeLine && Text.isSpace(text.substring(lineBegin))
        ? text.substring(0, lineBegin)
        : text;
  }

  private void data(String text) {
    if (!text.isEmpty()) {
      add(Kind.DATA, text);
    }
  }

  private void raw() {
    Matcher end = RAW_END.matcher(source);
    if (!end.find(at)) {
      throw error("{% raw %} has no {% endraw %}");
    }
    data(stripped(source.substring(at, end.start()), end.group(1), true));
    at = end.end();
  }

  private void comment() {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw error("a comment has no end");
    }
    char sign = end > at ? source.charAt(end - 1) : '#';
    at = end + 2;
    afterTag(sign, true);
  }

  private void afterTag(char sign, boolean block) {
    if (sign == '-') {
      skipSpace();
    } else if (sign != '+' && block && at(at, '\n')) {
      at++;
    }
  }

  private void code(Kind endKind, String end) {
    boolean block = endKind == Kind.BLOCK_END;
    Deque<String> open = new ArrayDeque<>();
    while (true) {
      skipSpace();
      if (at >= source.length()) {
        throw error("a tag has no " + end);
      }
      char c = source.charAt(at);
      boolean signed = (c == '-' || (c == '+' && block)) && source.startsWith(end, at + 1);
      if (open.isEmpty() && (signed || source.startsWith(end, at))) {
        add(endKind, end);
        at += end.length() + (signed ? 1 : 0);
        afterTag(signed ? c : ' ', block);
        return;
      }
      if (c == '"' || c == '\'') {
        string(c);
      } else if (!number(FLOAT, Kind.FLOAT) && !number(INTEGER, Kind.INTEGER) && !name()) {
        operator(open);
      }
    }
  }

  private boolean number(Pattern pattern, Kind kind) {
    Matcher m = pattern.matcher(source).region(at, source.length()).useTransparentBounds(true);
    if (!m.lookingAt()) {
      return false;
    }
    add(kind, m.group().replace("_", ""));
    at = m.end();
    return true;
  }

  private boolean name() {
    int end = at;
    while (end < source.length()
        && (source.charAt(end) == '_'
            || Character.isUnicodeIdentifierPart(source.charAt(end))
                && !Character.isIdentifierIgnorable(source.charAt(end)))) {
      end++;
    }
    if (end == at) {
      return false;
    }
    add(Kind.NAME, source.substring(at, end));
    at = end;
    return true;
  }

  private void operator(Deque<String> open) {
    String operator =
        LONG_OPERATORS.stream()
            .filter(o -> source.startsWith(o, at))
            .findFirst()
            .orElse(source.substring(at, at + 1));
    if (operator.length() == 1 && OPERATORS.indexOf(operator) < 0) {
      throw error("unexpected character '" + operator + "'");
    }
    int bracket = "([{".indexOf(operator);
    if (bracket >= 0) {
      open.push(")]}".substring(bracket, bracket + 1));
    } else if (")]}".contains(operator) && !operator.equals(open.poll())) {
      throw error("unexpected '" + operator + "'");
    }
    add(Kind.OPERATOR, operator);
    at += operator.length();
  }

  private void string(char quote) {
    int end = at + 1;
    while (end < source.length() && source.charAt(end) != quote) {
      end += source.charAt(end) == '\\' ? 2 : 1;
    }
    if (end >= source.length()) {
      throw error("a string has no end");
    }
    add(Kind.STRING, unescaped(source.substring(at + 1, end)));
    at = end + 1;
  }

  private String unescaped(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    var plain = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i++);
      if (c != '\\') {
        plain.append(c);
        continue;
      }
      char escape = text.charAt(i++);
      switch (escape) {
        case '\n' -> {}
        case '\\', '\'', '"' -> plain.append(escape);
        case 'n' -> plain.append('\n');
        case 't' -> plain.append('\t');
        case 'r' -> plain.append('\r');
        case 'b' -> plain.append('\b');
        case 'f' -> plain.append('\f');
        case 'a' -> plain.append('\u0007');
        case 'v' -> plain.append('\u000b');
        case 'x', 'u', 'U' -> {
          int digits = escape == 'x' ? 2 : escape == 'u' ? 4 : 8;
          plain.appendCodePoint(codePoint(text, i, i + digits, 16));
          i += digits;
        }
        case '0', '1', '2', '3', '4', '5', '6', '7' -> {
          int end = i;
          while (end < Math.min(i + 2, text.length()) && text.charAt(end) / 8 == '0' / 8) {
            end++;
          }
          plain.appendCodePoint(codePoint(text, i - 1, end, 8));
          i = end;
        }
        default -> plain.append('\\').append(escape);
      }
    }
    return plain.toString();
  }

  private int codePoint(String text, int begin, int end, int radix) {
    try {
      int code = Integer.parseUnsignedInt(text.substring(begin, end), radix);
      if (Character.isValidCodePoint(code) && text.charAt(begin) != '+') {
        return code;
      }
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      // Falls through to the same error.
    }
    throw error("a string has a bad escape sequence");
  }

  private void skipSpace() {
    while (at < source.length() && Text.isSpace(source.charAt(at))) {
      at++;
    }
  }

  private boolean at(int index, char c) {
    return index < source.length() && source.charAt(index) == c;
  }

  private void add(Kind kind, String text) {
    tokens.add(new Token(kind, text, line()));
  }

  private int line() {
    for (; counted < at; counted++) {
      line += source.charAt(counted) == '\n' ? 1 : 0;
    }
    return line;
  }

  private TemplateException error(String problem) {
    return new TemplateException.AtLine(line(), problem);
  }
}
