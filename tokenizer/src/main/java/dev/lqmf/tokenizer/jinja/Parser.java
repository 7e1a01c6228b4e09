package dev.lqmf.tokenizer.jinja;

import dev.lqmf.tokenizer.jinja.Expression.ArgumentList;
import dev.lqmf.tokenizer.jinja.Statement.Parameter;
import dev.lqmf.tokenizer.jinja.Statement.Target;
import dev.lqmf.tokenizer.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes a syntax tree of tokens, by recursive descent, with the precedences of Jinja2. */
final class Parser {
  /** Brackets and blocks inside each other. */
  private static final int DEPTH = 100;

  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> MACRO_NAMES = Set.of("varargs", "kwargs", "caller");

  private final List<Token> tokens;
  private int at;
  private int depth;
  private int loops;
  private Set<String> macroNames = new HashSet<>();

  private Parser(List<Token> tokens) {
    this.tokens = tokens;
  }

  static List<Statement> parse(String source) {
    Parser parser = new Parser(Lexer.tokens(source));
    List<Statement> body = parser.statements();
    if (parser.current().kind() != Kind.END) {
      parser.at++;
      throw parser.error("unexpected tag " + parser.current().described());
    }
    return body;
  }

  // Statements

  /** Up to a tag that no statement begins with, or the end. */
  private List<Statement> statements() {
    enter();
    List<Statement> body = new ArrayList<>();
    while (true) {
      Token token = current();
      switch (token.kind()) {
        case DATA -> {
          at++;
          body.add(new Statement.Data(token.text()));
        }
        case VARIABLE_BEGIN -> {
          at++;
          body.add(new Statement.Print(token.line(), tuple(true)));
          expect(Kind.VARIABLE_END);
        }
        case BLOCK_BEGIN -> {
          Statement statement = statement(tokens.get(at + 1));
          if (statement == null) {
            depth--;
            return List.copyOf(body);
          }
          body.add(statement);
        }
        default -> {
          depth--;
          return List.copyOf(body);
        }
      }
    }
  }

  private @Nullable Statement statement(Token tag) {
    int begin = at;
    at += 2;
    int line = tag.line();
    switch (tag.kind() == Kind.NAME ? tag.text() : "") {
      case "if":
        return ifs(line);
      case "for":
        return loop(line);
      case "set":
        return set(line);
      case "with":
        return with(line);
      case "macro":
        String name = name();
        return new Statement.MacroDefinition(line, macro(name, parameters(), "endmacro"));
      case "call":
        List<Parameter> parameters = current().isOperator("(") ? parameters() : List.of();
        if (!(expression() instanceof Expression.Call call)) {
          throw error("expected a call");
        }
        return new Statement.CallBlock(line, call, macro("caller", parameters, "endcall"));
      case "filter":
        Expression.Filter filter = filters(filter(null));
        return new Statement.FilterBlock(line, filter, body("endfilter"));
      case "generation":
        // Transformers marks what the assistant said with it; the text is the same.
        return new Statement.With(line, List.of(), List.of(), outsideLoops("endgeneration"));
      case "break", "continue":
        if (loops == 0) {
          throw error("'%s' is outside of a loop".formatted(tag.text()));
        }
        expect(Kind.BLOCK_END);
        return tag.text().equals("break") ? new Statement.Break() : new Statement.Continue();
      default:
        at = begin;
        return null;
    }
  }

  private Statement ifs(int line) {
    List<Statement.Branch> branches = new ArrayList<>();
    List<Statement> otherwise = List.of();
    int branchLine = line;
    while (true) {
      Expression test = tuple(false);
      branches.add(new Statement.Branch(branchLine, test, part()));
      branchLine = current().line();
      if (skipName("elif")) {
        continue;
      }
      if (skipName("else")) {
        otherwise = part();
      }
      end("endif");
      return new Statement.If(branches, otherwise);
    }
  }

  private Statement loop(int line) {
    Target target = targets();
    expectName("in");
    Expression items = tuple(false);
    Expression test = skipName("if") ? expression() : null;
    if (current().isName("recursive")) {
      throw error("recursive loops are not supported");
    }
    loops++;
    List<Statement> body = part();
    loops--;
    List<Statement> otherwise = skipName("else") ? part() : List.of();
    end("endfor");
    return new Statement.For(line, target, items, test, body, otherwise);
  }

  private Statement set(int line) {
    Target target = targets();
    if (skip("=")) {
      Expression value = tuple(true);
      expect(Kind.BLOCK_END);
      return new Statement.Set(line, target, value);
    }
    Expression.Filter filter = skip("|") ? filters(filter(null)) : null;
    return new Statement.SetBlock(line, target, filter, body("endset"));
  }

  private Statement with(int line) {
    List<Target> targets = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (current().kind() != Kind.BLOCK_END) {
      if (!targets.isEmpty()) {
        expect(",");
      }
      targets.add(target());
      expect("=");
      values.add(expression());
    }
    return new Statement.With(line, targets, values, body("endwith"));
  }

  private Statement.Macro macro(String name, List<Parameter> parameters, String end) {
    Set<String> outer = macroNames;
    macroNames = new HashSet<>();
    List<Statement> body = outsideLoops(end);
    Statement.Macro macro =
        new Statement.Macro(
            name,
            parameters,
            body,
            macroNames.contains("varargs"),
            macroNames.contains("kwargs"),
            macroNames.contains("caller"));
    outer.addAll(macroNames);
    macroNames = outer;
    return macro;
  }

  private List<Parameter> parameters() {
    expect("(");
    List<Parameter> parameters = new ArrayList<>();
    while (!current().isOperator(")")) {
      if (!parameters.isEmpty()) {
        expect(",");
      }
      String name = name();
      Expression value = skip("=") ? expression() : null;
      if (value == null && !parameters.isEmpty() && parameters.getLast().defaultValue() != null) {
        throw error("a parameter without a default follows one with a default");
      }
      parameters.add(new Parameter(name, value));
    }
    expect(")");
    return parameters;
  }

  /** The rest of a tag, and what follows up to the tag that ends this part. Goes on in that tag. */
  private List<Statement> part() {
    skip(":");
    expect(Kind.BLOCK_END);
    List<Statement> body = statements();
    if (current().kind() != Kind.BLOCK_BEGIN) {
      throw error("unexpected end of the template: a block is not closed");
    }
    at++;
    return body;
  }

  private List<Statement> body(String end) {
    List<Statement> body = part();
    end(end);
    return body;
  }

  private List<Statement> outsideLoops(String end) {
    int outer = loops;
    loops = 0;
    List<Statement> body = body(end);
    loops = outer;
    return body;
  }

  private void end(String name) {
    if (!current().isName(name)) {
      throw error("unexpected tag %s, expected '%s'".formatted(current().described(), name));
    }
    at++;
    expect(Kind.BLOCK_END);
  }

  private Target targets() {
    List<Target> targets = new ArrayList<>();
    targets.add(target());
    boolean unpacked = false;
    while (skip(",")) {
      unpacked = true;
      if (current().kind() == Kind.NAME && !current().isName("in") || current().isOperator("(")) {
        targets.add(target());
      }
    }
    return unpacked ? new Target.Unpacked(targets) : targets.getFirst();
  }

  private Target target() {
    enter();
    try {
      if (skip("(")) {
        Target target = targets();
        expect(")");
        return target;
      }
      String name = name();
      if (Set.of("true", "false", "none", "True", "False", "None").contains(name)) {
        throw error("'%s' cannot be assigned to".formatted(name));
      }
      return skip(".") ? new Target.Attribute(name, name()) : new Target.Variable(name);
    } finally {
      depth--;
    }
  }

  // Expressions

  /** One expression, or several with commas between them. */
  private Expression tuple(boolean conditional) {
    Expression first = conditional ? expression() : or();
    if (!current().isOperator(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>();
    items.add(first);
    while (skip(",")) {
      Token token = current();
      if (token.kind() == Kind.VARIABLE_END
          || token.kind() == Kind.BLOCK_END
          || token.isOperator(")")) {
        break;
      }
      items.add(conditional ? expression() : or());
    }
    return new Expression.TupleOf(items);
  }

  private Expression expression() {
    enter();
    Expression value = or();
    while (skipName("if")) {
      Expression test = or();
      value = new Expression.Conditional(test, value, skipName("else") ? expression() : null);
    }
    depth--;
    return value;
  }

  private Expression or() {
    Expression left = and();
    while (skipName("or")) {
      left = new Expression.Or(left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (skipName("and")) {
      left = new Expression.And(left, not());
    }
    return left;
  }

  private Expression not() {
    if (!skipName("not")) {
      return compare();
    }
    enter();
    Expression negated = new Expression.Not(not());
    depth--;
    return negated;
  }

  private Expression compare() {
    Expression first = sum();
    List<Expression.Comparison> rest = new ArrayList<>();
    while (true) {
      Token token = current();
      if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
        at++;
        rest.add(new Expression.Comparison(token.text(), sum()));
      } else if (skipName("in")) {
        rest.add(new Expression.Comparison("in", sum()));
      } else if (token.isName("not") && tokens.get(at + 1).isName("in")) {
        at += 2;
        rest.add(new Expression.Comparison("not in", sum()));
      } else {
        return rest.isEmpty() ? first : new Expression.Compare(first, rest);
      }
    }
  }

  private Expression sum() {
    Expression left = concat();
    while (current().isOperator("+") || current().isOperator("-")) {
      left = new Expression.Arithmetic(next().text(), left, concat());
    }
    return left;
  }

  private Expression concat() {
    Expression first = product();
    if (!current().isOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>();
    parts.add(first);
    while (skip("~")) {
      parts.add(product());
    }
    return new Expression.Concat(parts);
  }

  private Expression product() {
    Expression left = power();
    while (Set.of("*", "/", "//", "%").contains(current().text())
        && current().kind() == Kind.OPERATOR) {
      left = new Expression.Arithmetic(next().text(), left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = unary(true);
    while (skip("**")) {
      left = new Expression.Arithmetic("**", left, unary(true));
    }
    return left;
  }

  private Expression unary(boolean filtered) {
    enter();
    Expression value;
    if (current().isOperator("-") || current().isOperator("+")) {
      value = new Expression.Sign(next().text(), unary(false));
    } else {
      value = primary();
    }
    value = postfix(value);
    while (filtered) {
      if (skip("|")) {
        value = filter(value);
      } else if (skipName("is")) {
        value = test(value);
      } else if (current().isOperator("(")) {
        value = new Expression.Call(value, arguments());
      } else {
        break;
      }
    }
    depth--;
    return value;
  }

  private Expression primary() {
    Token token = next();
    return switch (token.kind()) {
      case NAME ->
          switch (token.text()) {
            case "true", "True" -> new Expression.Literal(true);
            case "false", "False" -> new Expression.Literal(false);
            case "none", "None" -> new Expression.Literal(None.NONE);
            default -> {
              if (MACRO_NAMES.contains(token.text())) {
                macroNames.add(token.text());
              }
              yield new Expression.Name(token.text());
            }
          };
      case STRING -> {
        var text = new StringBuilder(token.text());
        while (current().kind() == Kind.STRING) {
          text.append(next().text());
        }
        yield new Expression.Literal(text.toString());
      }
      case INTEGER -> new Expression.Literal(integer(token.text()));
      case FLOAT -> new Expression.Literal(Double.parseDouble(token.text()));
      case OPERATOR ->
          switch (token.text()) {
            case "(" -> {
              Expression inner =
                  current().isOperator(")") ? new Expression.TupleOf(List.of()) : tuple(true);
              expect(")");
              yield inner;
            }
            case "[" -> new Expression.ListOf(items("]"));
            case "{" -> dict();
            default -> throw unexpected();
          };
      default -> throw unexpected();
    };
  }

  private long integer(String digits) {
    int radix =
        switch (digits.length() > 1 ? digits.charAt(1) : '0') {
          case 'x', 'X' -> 16;
          case 'o', 'O' -> 8;
          case 'b', 'B' -> 2;
          default -> 10;
        };
    try {
      return Long.parseLong(radix == 10 ? digits : digits.substring(2), radix);
    } catch (NumberFormatException e) {
      throw error("the number " + digits + " is too large");
    }
  }

  private List<Expression> items(String end) {
    List<Expression> items = new ArrayList<>();
    while (!current().isOperator(end)) {
      items.add(expression());
      if (!skip(",") && !current().isOperator(end)) {
        throw unexpectedCurrent();
      }
    }
    expect(end);
    return items;
  }

  private Expression dict() {
    List<Expression.Pair> pairs = new ArrayList<>();
    while (!current().isOperator("}")) {
      Expression key = expression();
      expect(":");
      pairs.add(new Expression.Pair(key, expression()));
      if (!skip(",") && !current().isOperator("}")) {
        throw unexpectedCurrent();
      }
    }
    expect("}");
    return new Expression.DictOf(pairs);
  }

  private Expression postfix(Expression of) {
    Expression value = of;
    while (true) {
      if (skip(".")) {
        Token name = next();
        value =
            switch (name.kind()) {
              case NAME -> new Expression.Attribute(value, name.text());
              case INTEGER ->
                  new Expression.Item(value, new Expression.Literal(integer(name.text())));
              default -> throw unexpected();
            };
      } else if (skip("[")) {
        value = subscript(value);
        expect("]");
      } else if (current().isOperator("(")) {
        value = new Expression.Call(value, arguments());
      } else {
        return value;
      }
    }
  }

  private Expression subscript(Expression target) {
    Expression begin = current().isOperator(":") ? null : expression();
    if (!skip(":")) {
      if (begin == null) {
        throw unexpectedCurrent();
      }
      return new Expression.Item(target, begin);
    }
    Expression end = sliceEnds() ? null : expression();
    Expression step = skip(":") && !sliceEnds() ? expression() : null;
    return new Expression.Slice(target, begin, end, step);
  }

  private boolean sliceEnds() {
    return current().isOperator(":") || current().isOperator("]");
  }

  /** The name and the arguments of a filter. */
  private Expression.Filter filter(@Nullable Expression input) {
    String name = name();
    return new Expression.Filter(
        input, name, current().isOperator("(") ? arguments() : ArgumentList.NONE);
  }

  private Expression.Filter filters(Expression.Filter first) {
    Expression.Filter filter = first;
    while (skip("|")) {
      filter = filter(filter);
    }
    return filter;
  }

  private Expression test(Expression input) {
    boolean negated = skipName("not");
    String name = name();
    Token token = current();
    ArgumentList arguments = ArgumentList.NONE;
    if (token.isOperator("(")) {
      arguments = arguments();
    } else if (Set.of(Kind.STRING, Kind.INTEGER, Kind.FLOAT).contains(token.kind())
        || token.isOperator("[")
        || token.isOperator("{")
        || token.kind() == Kind.NAME && !Set.of("else", "or", "and").contains(token.text())) {
      if (token.isName("is")) {
        throw error("tests cannot be chained");
      }
      arguments = new ArgumentList(List.of(postfix(primary())), Map.of(), null, null);
    }
    Expression test = new Expression.Test(input, name, arguments);
    return negated ? new Expression.Not(test) : test;
  }

  private ArgumentList arguments() {
    expect("(");
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> keywords = new LinkedHashMap<>();
    Expression spread = null;
    Expression spreadKeywords = null;
    while (!current().isOperator(")")) {
      if (spreadKeywords == null && skip("**")) {
        spreadKeywords = expression();
      } else if (spread == null && spreadKeywords == null && skip("*")) {
        spread = expression();
      } else if (current().kind() == Kind.NAME && tokens.get(at + 1).isOperator("=")) {
        String name = name();
        at++;
        if (spreadKeywords != null || keywords.put(name, expression()) != null) {
          throw error("the argument '%s' is given twice or in a wrong place".formatted(name));
        }
      } else if (keywords.isEmpty() && spread == null && spreadKeywords == null) {
        positional.add(expression());
      } else {
        throw error("an argument without a name follows one with a name");
      }
      if (!skip(",") && !current().isOperator(")")) {
        throw unexpectedCurrent();
      }
    }
    expect(")");
    return new ArgumentList(positional, keywords, spread, spreadKeywords);
  }

  // Tokens

  private Token current() {
    return tokens.get(at);
  }

  private Token next() {
    return current().kind() == Kind.END ? current() : tokens.get(at++);
  }

  private boolean skip(String operator) {
    boolean found = current().isOperator(operator);
    at += found ? 1 : 0;
    return found;
  }

  private boolean skipName(String name) {
    boolean found = current().isName(name);
    at += found ? 1 : 0;
    return found;
  }

  private void expect(String operator) {
    if (!skip(operator)) {
      throw error("expected '%s', got %s".formatted(operator, current().described()));
    }
  }

  private void expectName(String name) {
    if (!skipName(name)) {
      throw error("expected '%s', got %s".formatted(name, current().described()));
    }
  }

  private void expect(Kind kind) {
    if (current().kind() != kind) {
      throw error("expected the end of the tag, got " + current().described());
    }
    at++;
  }

  private String name() {
    if (current().kind() != Kind.NAME) {
      throw error("expected a name, got " + current().described());
    }
    return next().text();
  }

  private void enter() {
    if (++depth > DEPTH) {
      throw error("brackets or blocks are nested too deeply");
    }
  }

  private TemplateException unexpected() {
    at = Math.max(0, at - 1);
    return unexpectedCurrent();
  }

  private TemplateException unexpectedCurrent() {
    return error("unexpected " + current().described());
  }

  private TemplateException error(String problem) {
    return new TemplateException.AtLine(current().line(), problem);
  }
}
