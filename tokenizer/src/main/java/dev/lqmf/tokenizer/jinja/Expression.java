package dev.lqmf.tokenizer.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The syntax tree of an expression. */
sealed interface Expression {
  record Literal(Object value) implements Expression {}

  record Name(String name) implements Expression {}

  record ListOf(List<Expression> items) implements Expression {}

  record TupleOf(List<Expression> items) implements Expression {}

  record DictOf(List<Pair> pairs) implements Expression {}

  record Not(Expression operand) implements Expression {}

  /** {@code +} or {@code -}. */
  record Sign(String operator, Expression operand) implements Expression {}

  record Arithmetic(String operator, Expression left, Expression right) implements Expression {}

  record Concat(List<Expression> parts) implements Expression {}

  record And(Expression left, Expression right) implements Expression {}

  record Or(Expression left, Expression right) implements Expression {}

  record Compare(Expression first, List<Comparison> rest) implements Expression {}

  record Conditional(Expression test, Expression then, @Nullable Expression otherwise)
      implements Expression {}

  record Attribute(Expression target, String name) implements Expression {}

  record Item(Expression target, Expression index) implements Expression {}

  record Slice(
      Expression target,
      @Nullable Expression begin,
      @Nullable Expression end,
      @Nullable Expression step)
      implements Expression {}

  record Call(Expression target, ArgumentList arguments) implements Expression {}

  /** Without input it stands for a block's. */
  record Filter(@Nullable Expression input, String name, ArgumentList arguments)
      implements Expression {}

  record Test(Expression input, String name, ArgumentList arguments) implements Expression {}

  record Pair(Expression key, Expression value) {}

  /** {@code operator} is also {@code in} or {@code not in}. */
  record Comparison(String operator, Expression right) {}

  record ArgumentList(
      List<Expression> positional,
      Map<String, Expression> keywords,
      @Nullable Expression spread,
      @Nullable Expression spreadKeywords) {
    static final ArgumentList NONE = new ArgumentList(List.of(), Map.of(), null, null);
  }
}
