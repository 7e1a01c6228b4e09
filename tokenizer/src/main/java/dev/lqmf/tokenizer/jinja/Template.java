package dev.lqmf.tokenizer.jinja;

import dev.lqmf.tensor.InputException;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A template, as Transformers runs those of chats. Immutable. */
public final class Template {
  private final String origin;
  private final List<Statement> body;

  private Template(String origin, List<Statement> body) {
    this.origin = origin;
    this.body = body;
  }

  /**
   * @param origin for messages
   * @throws InputException if the source is no template
   */
  public static Template parse(String origin, String source) {
    try {
      return new Template(origin, Parser.parse(source));
    } catch (TemplateException.AtLine e) {
      throw new InputException(
          "%s, line %d: %s".formatted(origin, e.line(), e.getMessage()),
          "correct the chat template",
          e);
    }
  }

  /**
   * Runs the template.
   *
   * @param variables strings, numbers, truth values, null, and lists and maps of these
   * @param clock what {@code strftime_now} shows
   * @throws InputException if the template fails, refuses the variables, or takes too long
   */
  public String render(Map<String, ? extends @Nullable Object> variables, Clock clock) {
    Values values = new Values(new Budget());
    Scope scope = new Scope(new Functions(values, clock).scope());
    variables.forEach((name, value) -> scope.set(name, imported(value)));
    Interpreter interpreter = new Interpreter(values);
    try {
      return interpreter.run(body, scope);
    } catch (TemplateException.Refusal e) {
      throw new InputException(
          "%s refuses the conversation: %s".formatted(origin, e.getMessage()),
          "change the messages as the chat template asks",
          e);
    } catch (TemplateException e) {
      throw new InputException(
          "%s, line %d: %s".formatted(origin, interpreter.line(), e.getMessage()),
          "correct the chat template, or change the messages",
          e);
    }
  }

  private static Object imported(@Nullable Object value) {
    return switch (value) {
      case null -> None.NONE;
      case Integer n -> (long) n;
      case Float f -> (double) f;
      case List<?> list -> list.stream().map(Template::imported).toList();
      case Map<?, ?> map -> {
        Map<Object, Object> dict = new LinkedHashMap<>();
        map.forEach((key, item) -> dict.put(String.valueOf(key), imported(item)));
        yield dict;
      }
      case String _, Long _, Double _, Boolean _ -> value;
      default -> throw new IllegalArgumentException("templates have no " + value.getClass());
    };
  }
}
