package dev.lqmf.tokenizer.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Evaluates expressions. */
final class Evaluator {
  private final Values values;
  private final Budget budget;
  private final Arithmetic arithmetic;
  private final Tests tests;
  private final Filters filters;

  Evaluator(Values values) {
    this.values = values;
    this.budget = values.budget();
    this.arithmetic = new Arithmetic(values);
    this.tests = new Tests(values);
    this.filters = new Filters(values, tests, arithmetic);
  }

  Object evaluate(Expression expression, Scope scope) {
    budget.step();
    budget.enter();
    Object value =
        switch (expression) {
          case Expression.Literal(Object literal) -> literal;
          case Expression.Name(String name) -> scope.get(name);
          case Expression.ListOf(List<Expression> items) -> all(items, scope);
          case Expression.TupleOf(List<Expression> items) -> new Tuple(all(items, scope));
          case Expression.DictOf dict -> dict(dict, scope);
          case Expression.Not(Expression operand) -> !isTrue(operand, scope);
          case Expression.Sign(String operator, Expression operand) ->
              arithmetic.sign(operator, evaluate(operand, scope));
          case Expression.Arithmetic(String operator, Expression left, Expression right) ->
              arithmetic.apply(operator, evaluate(left, scope), evaluate(right, scope));
          case Expression.Concat(List<Expression> parts) -> concat(parts, scope);
          case Expression.And(Expression left, Expression right) -> {
            Object first = evaluate(left, scope);
            yield values.truth(first) ? evaluate(right, scope) : first;
          }
          case Expression.Or(Expression left, Expression right) -> {
            Object first = evaluate(left, scope);
            yield values.truth(first) ? first : evaluate(right, scope);
          }
          case Expression.Compare compare -> compare(compare, scope);
          case Expression.Conditional conditional -> conditional(conditional, scope);
          case Expression.Attribute(Expression target, String name) ->
              values.member(evaluate(target, scope), name, true);
          case Expression.Item(Expression target, Expression index) ->
              values.member(evaluate(target, scope), evaluate(index, scope), false);
          case Expression.Slice slice ->
              values.slice(
                  evaluate(slice.target(), scope),
                  bound(slice.begin(), scope),
                  bound(slice.end(), scope),
                  bound(slice.step(), scope));
          case Expression.Call call -> call(call, scope, Arguments.NONE);
          case Expression.Filter filter -> {
            Expression input = filter.input();
            yield filter(filter, input == null ? "" : evaluate(input, scope), scope);
          }
          case Expression.Test test ->
              tests.apply(
                  test.name(), evaluate(test.input(), scope), arguments(test.arguments(), scope));
        };
    budget.leave();
    return value;
  }

  boolean isTrue(Expression expression, Scope scope) {
    return values.truth(evaluate(expression, scope));
  }

  private List<Object> all(List<Expression> expressions, Scope scope) {
    List<Object> all = new ArrayList<>(expressions.size());
    for (Expression expression : expressions) {
      all.add(evaluate(expression, scope));
    }
    budget.items(all.size());
    return all;
  }

  private Object dict(Expression.DictOf expression, Scope scope) {
    Map<Object, Object> dict = new LinkedHashMap<>();
    for (Expression.Pair pair : expression.pairs()) {
      Object key = values.key(evaluate(pair.key(), scope));
      dict.put(key, evaluate(pair.value(), scope));
    }
    budget.items(dict.size() * 2L);
    return dict;
  }

  private String concat(List<Expression> parts, Scope scope) {
    Output out = new Output(budget);
    for (Expression part : parts) {
      out.append(values.text(evaluate(part, scope)));
    }
    return out.toString();
  }

  private boolean compare(Expression.Compare expression, Scope scope) {
    Object left = evaluate(expression.first(), scope);
    for (Expression.Comparison comparison : expression.rest()) {
      Object right = evaluate(comparison.right(), scope);
      boolean holds =
          switch (comparison.operator()) {
            case "==" -> values.equal(left, right);
            case "!=" -> !values.equal(left, right);
            case "in" -> values.contains(right, left);
            case "not in" -> !values.contains(right, left);
            case "<" -> values.compare(left, right) < 0;
            case "<=" -> values.compare(left, right) <= 0;
            case ">" -> values.compare(left, right) > 0;
            default -> values.compare(left, right) >= 0;
          };
      if (!holds) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private Object conditional(Expression.Conditional expression, Scope scope) {
    if (isTrue(expression.test(), scope)) {
      return evaluate(expression.then(), scope);
    }
    Expression otherwise = expression.otherwise();
    return otherwise == null
        ? new Undefined("the condition is false, and there is no else")
        : evaluate(otherwise, scope);
  }

  private Object bound(@Nullable Expression expression, Scope scope) {
    return expression == null ? None.NONE : evaluate(expression, scope);
  }

  /** Calls with more keyword arguments than the call itself has. */
  Object call(Expression.Call call, Scope scope, Arguments more) {
    Object function = evaluate(call.target(), scope);
    Arguments arguments = arguments(call.arguments(), scope);
    for (Map.Entry<String, Object> keyword : more.keywords().entrySet()) {
      arguments = arguments.with(keyword.getKey(), keyword.getValue());
    }
    if (function instanceof Callable callable) {
      return budget.made(callable.call(arguments));
    }
    throw Values.wrongType("a function", function);
  }

  /** Applies a filter and those in front of it, the first of which takes {@code input}. */
  Object filterText(Expression.Filter filter, String input, Scope scope) {
    Object value =
        filter.input() instanceof Expression.Filter inner ? filterText(inner, input, scope) : input;
    return filter(filter, value, scope);
  }

  private Object filter(Expression.Filter filter, Object input, Scope scope) {
    if (input instanceof String text) {
      budget.work(text.length());
    }
    Arguments arguments = arguments(filter.arguments(), scope);
    return budget.made(filters.apply(filter.name(), input, arguments));
  }

  private Arguments arguments(Expression.ArgumentList list, Scope scope) {
    if (list == Expression.ArgumentList.NONE) {
      return Arguments.NONE;
    }
    List<Object> positional = all(list.positional(), scope);
    Map<String, Object> keywords = new LinkedHashMap<>();
    list.keywords().forEach((name, value) -> keywords.put(name, evaluate(value, scope)));
    if (list.spread() != null) {
      positional.addAll(values.items(evaluate(list.spread(), scope)));
      budget.items(positional.size());
    }
    if (list.spreadKeywords() != null) {
      if (!(evaluate(list.spreadKeywords(), scope) instanceof Map<?, ?> more)) {
        throw new TemplateException("** needs a dict");
      }
      more.forEach((name, value) -> keywords.put(values.text(name), value));
    }
    return new Arguments(positional, keywords);
  }
}
