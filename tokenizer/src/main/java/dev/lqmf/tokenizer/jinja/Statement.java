package dev.lqmf.tokenizer.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The syntax tree of a template. Lines count from 1. */
sealed interface Statement {
  record Data(String text) implements Statement {}

  record Print(int line, Expression value) implements Statement {}

  record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

  record For(
      int line,
      Target target,
      Expression items,
      @Nullable Expression test,
      List<Statement> body,
      List<Statement> otherwise)
      implements Statement {}

  record Set(int line, Target target, Expression value) implements Statement {}

  record SetBlock(int line, Target target, Expression.@Nullable Filter filter, List<Statement> body)
      implements Statement {}

  record MacroDefinition(int line, Macro macro) implements Statement {}

  record CallBlock(int line, Expression.Call call, Macro caller) implements Statement {}

  record FilterBlock(int line, Expression.Filter filter, List<Statement> body)
      implements Statement {}

  record With(int line, List<Target> targets, List<Expression> values, List<Statement> body)
      implements Statement {}

  record Break() implements Statement {}

  record Continue() implements Statement {}

  record Branch(int line, Expression test, List<Statement> body) {}

  /** What a macro is; {@code varargs} and {@code kwargs}: whether its body uses these. */
  record Macro(
      String name,
      List<Parameter> parameters,
      List<Statement> body,
      boolean varargs,
      boolean kwargs,
      boolean caller) {}

  record Parameter(String name, @Nullable Expression defaultValue) {}

  /** What is assigned to. */
  sealed interface Target {
    record Variable(String name) implements Target {}

    record Attribute(String namespace, String name) implements Target {}

    record Unpacked(List<Target> targets) implements Target {}
  }
}
