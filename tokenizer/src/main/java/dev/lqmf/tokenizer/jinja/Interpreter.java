package dev.lqmf.tokenizer.jinja;

import dev.lqmf.tokenizer.jinja.Statement.Target;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs a template's statements. */
final class Interpreter {
  private enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  private final Values values;
  private final Budget budget;
  private final Evaluator evaluator;
  private int line = 1;

  Interpreter(Values values) {
    this.values = values;
    this.budget = values.budget();
    this.evaluator = new Evaluator(values);
  }

  /** The line of the statement that was run last. */
  int line() {
    return line;
  }

  String run(List<Statement> body, Scope scope) {
    Output out = new Output(budget);
    runAll(body, scope, out);
    return out.toString();
  }

  private Flow runAll(List<Statement> body, Scope scope, Output out) {
    budget.enter();
    Flow flow = Flow.NEXT;
    for (Statement statement : body) {
      flow = run(statement, scope, out);
      if (flow != Flow.NEXT) {
        break;
      }
    }
    budget.leave();
    return flow;
  }

  private Flow run(Statement statement, Scope scope, Output out) {
    budget.step();
    switch (statement) {
      case Statement.Data(String text) -> out.append(text);
      case Statement.Print(int at, Expression value) -> {
        line = at;
        out.append(values.text(evaluator.evaluate(value, scope)));
      }
      case Statement.If(List<Statement.Branch> branches, List<Statement> otherwise) -> {
        for (Statement.Branch branch : branches) {
          line = branch.line();
          if (evaluator.isTrue(branch.test(), scope)) {
            return runAll(branch.body(), scope, out);
          }
        }
        return runAll(otherwise, scope, out);
      }
      case Statement.For loop -> runLoop(loop, scope, out);
      case Statement.Set(int at, Target target, Expression value) -> {
        line = at;
        assign(target, evaluator.evaluate(value, scope), scope);
      }
      case Statement.SetBlock set -> {
        line = set.line();
        Expression.Filter filter = set.filter();
        String text = run(set.body(), new Scope(scope));
        assign(
            set.target(), filter == null ? text : evaluator.filterText(filter, text, scope), scope);
      }
      case Statement.MacroDefinition(int at, Statement.Macro macro) -> {
        line = at;
        scope.set(macro.name(), callable(macro, scope));
      }
      case Statement.CallBlock(int at, Expression.Call call, Statement.Macro caller) -> {
        line = at;
        Arguments more = Arguments.NONE.with("caller", callable(caller, scope));
        out.append(values.text(evaluator.call(call, scope, more)));
      }
      case Statement.FilterBlock(int at, Expression.Filter filter, List<Statement> body) -> {
        line = at;
        String text = run(body, new Scope(scope));
        out.append(values.text(evaluator.filterText(filter, text, scope)));
      }
      case Statement.With with -> {
        line = with.line();
        Scope inner = new Scope(scope);
        for (int i = 0; i < with.targets().size(); i++) {
          assign(with.targets().get(i), evaluator.evaluate(with.values().get(i), scope), inner);
        }
        return runAll(with.body(), inner, out);
      }
      case Statement.Break _ -> {
        return Flow.BREAK;
      }
      case Statement.Continue _ -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.NEXT;
  }

  private void runLoop(Statement.For statement, Scope scope, Output out) {
    line = statement.line();
    List<Object> items = values.items(evaluator.evaluate(statement.items(), scope));
    Expression test = statement.test();
    if (test != null) {
      List<Object> kept = new ArrayList<>();
      for (Object item : items) {
        Scope inner = new Scope(scope);
        assign(statement.target(), item, inner);
        if (evaluator.isTrue(test, inner)) {
          kept.add(item);
        }
      }
      items = kept;
    }
    Loop loop = new Loop(items, values);
    // As in Jinja2, an item at which the loop is left or continued does not count.
    boolean completed = false;
    for (int i = 0; i < items.size(); i++) {
      budget.step();
      loop.at(i);
      Scope inner = new Scope(scope);
      inner.set("loop", loop);
      assign(statement.target(), items.get(i), inner);
      Flow flow = runAll(statement.body(), inner, out);
      completed |= flow == Flow.NEXT;
      if (flow == Flow.BREAK) {
        break;
      }
    }
    if (!completed) {
      runAll(statement.otherwise(), new Scope(scope), out);
    }
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Target.Variable(String name) -> scope.set(name, value);
      case Target.Attribute(String namespace, String name) -> {
        if (!(scope.get(namespace) instanceof Namespace found)) {
          throw new TemplateException("'" + namespace + "' is no namespace");
        }
        found.set(name, value);
      }
      case Target.Unpacked(List<Target> targets) -> {
        List<Object> items = values.items(value);
        if (items.size() != targets.size()) {
          throw new TemplateException(
              "%d values for %d variables".formatted(items.size(), targets.size()));
        }
        for (int i = 0; i < items.size(); i++) {
          assign(targets.get(i), items.get(i), scope);
        }
      }
    }
  }

  private Callable callable(Statement.Macro macro, Scope scope) {
    return arguments -> {
      int called = line;
      Scope inner = new Scope(scope);
      bind(macro, arguments, inner);
      String text = run(macro.body(), inner);
      line = called;
      return text;
    };
  }

  private void bind(Statement.Macro macro, Arguments arguments, Scope scope) {
    List<Object> positional = arguments.positional();
    Map<String, Object> keywords = new LinkedHashMap<>(arguments.keywords());
    List<Statement.Parameter> parameters = macro.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      Statement.Parameter parameter = parameters.get(i);
      Object named = keywords.remove(parameter.name());
      Object value = i < positional.size() ? positional.get(i) : named;
      if (value != null && i < positional.size() && named != null) {
        throw new TemplateException("'%s' is given twice".formatted(parameter.name()));
      }
      Expression byDefault = parameter.defaultValue();
      if (value == null) {
        value =
            byDefault == null
                ? new Undefined("the argument '%s' is missing".formatted(parameter.name()))
                : evaluator.evaluate(byDefault, scope);
      }
      scope.set(parameter.name(), value);
    }
    Object caller = keywords.remove("caller");
    if (macro.caller()) {
      scope.set("caller", caller == null ? new Undefined("there is no caller") : caller);
    }
    int taken = Math.min(positional.size(), parameters.size());
    if (macro.varargs()) {
      scope.set("varargs", new Tuple(positional.subList(taken, positional.size())));
    }
    if (macro.kwargs()) {
      scope.set("kwargs", new LinkedHashMap<Object, Object>(keywords));
    }
    if (taken < positional.size() && !macro.varargs()
        || !keywords.isEmpty() && !macro.kwargs()
        || caller != null && !macro.caller() && !macro.kwargs()) {
      throw new TemplateException("the macro '%s' takes no such arguments".formatted(macro.name()));
    }
  }
}
