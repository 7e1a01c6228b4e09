package dev.lqmf.tokenizer.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Against {@code cases.json}: what Jinja2 makes of small templates, set up as Transformers does
 * ({@code interop/jinja/fixtures.py}; the versions stand in the file).
 */
class TemplateTest {
  private static final ObjectNode FIXTURE = fixture();

  private static ObjectNode fixture() {
    try {
      return JsonFiles.object(Path.of("src/test/resources/dev/lqmf/tokenizer/jinja/cases.json"))
          .orElseThrow();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Clock clock() {
    String now = FIXTURE.path("provenance").path("now").asString();
    return Clock.fixed(LocalDateTime.parse(now).toInstant(ZoneOffset.UTC), ZoneOffset.UTC);
  }

  private static @Nullable Object value(JsonNode json) {
    if (json.isObject()) {
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      json.propertyNames().forEach(name -> map.put(name, value(json.get(name))));
      return map;
    }
    if (json.isArray()) {
      return StreamSupport.stream(json.spliterator(), false).map(TemplateTest::value).toList();
    }
    if (json.isIntegralNumber()) {
      return json.longValue();
    }
    if (json.isNumber()) {
      return json.doubleValue();
    }
    if (json.isBoolean()) {
      return json.booleanValue();
    }
    return json.isNull() ? null : json.stringValue();
  }

  private static String render(String source) {
    Map<String, @Nullable Object> variables = new HashMap<>();
    JsonNode given = FIXTURE.path("variables");
    given.propertyNames().forEach(name -> variables.put(name, value(given.get(name))));
    return Template.parse("some.jinja", source).render(variables, clock());
  }

  private static Stream<JsonNode> cases(String outcome) {
    return StreamSupport.stream(FIXTURE.path("cases").spliterator(), false)
        .filter(c -> c.has(outcome));
  }

  static Stream<JsonNode> rendered() {
    return cases("output");
  }

  static Stream<JsonNode> refused() {
    return cases("refusal");
  }

  static Stream<JsonNode> failing() {
    return cases("error");
  }

  @ParameterizedTest
  @MethodSource("rendered")
  void rendersAsJinja2(JsonNode given) {
    assertThat(render(given.path("template").asString()))
        .isEqualTo(given.path("output").asString());
  }

  @ParameterizedTest
  @MethodSource("refused")
  void passesOnWhatTheTemplateSays(JsonNode given) {
    assertThatThrownBy(() -> render(given.path("template").asString()))
        .isInstanceOf(InputException.class)
        .hasMessage("some.jinja refuses the conversation: " + given.path("refusal").asString());
  }

  @ParameterizedTest
  @MethodSource("failing")
  void failsWhereJinja2Does(JsonNode given) {
    InputException e =
        catchThrowableOfType(InputException.class, () -> render(given.path("template").asString()));

    assertThat(e).as(given.toString()).isNotNull();
    assertThat(e.getMessage()).startsWith("some.jinja, line 1: ");
    assertThat(e.mend()).startsWith("correct the chat template");
  }

  @Test
  void thereAreManyCases() {
    assertThat(rendered().count()).isGreaterThan(220);
    assertThat(failing().count()).isGreaterThan(150);
  }

  @Test
  void namesTheLineOfAMistake() {
    assertThatThrownBy(() -> render("a\nb\n{% if yes %}\n{{ 1 + }}\n{% endif %}"))
        .hasMessage("some.jinja, line 4: unexpected '}}'");
    assertThatThrownBy(() -> render("a\n{% for x in list %}\n\n{{ x.y.z }}\n{% endfor %}"))
        .hasMessage("some.jinja, line 4: int has no 'y'");
    assertThatThrownBy(() -> render("{% raw %}\n\n{% endraw %}\n{% if yes %}"))
        .hasMessageStartingWith("some.jinja, line 4: ");
  }

  /** Each would run for ever, or need all memory or a deeper stack, if it were let. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(x='x') %}{% for a in range(99) %}{% set ns.x = ns.x ~ ns.x %}"
            + "{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}"
            + "{% endfor %}",
        "{% set ns = namespace(x=[]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}"
            + "{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[], y=[]) %}{% for a in range(99) %}"
            + "{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}"
            + "{% endfor %}{{ ns.x == ns.y }}",
        "{% set ns = namespace(x=[]) %}{% for a in range(9999) %}{% set ns.x = [ns.x] %}"
            + "{% endfor %}{{ ns.x|tojson }}",
        "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}",
        "{{ 'x' * 999999999999 }}",
        "{{ [0] * 999999999999 }}",
        "{{ 'ab'.center(2000000000) }}",
        "{{ '%99999999d' % 1 }}",
        "{{ [1]|tojson(indent=2000000000) }}",
        "{{ 'x'|indent(2000000000) }}",
        "{% set x = 'a' * 99999 %}{{ x|replace('a', x) }}",
        "{% set x = 'a' * 99999 %}{{ x.split('a')|join(x) }}",
        "{% set x = 'a' * 999999 %}{{ (x ~ 'b') in x ~ x ~ 'c' }}",
        "{% set x = 'a' * 999999 %}{% for i in range(99999) %}{{ x.isdigit() }}{% endfor %}",
        "{% set ns = namespace(l=[]) %}{% set x = 'a' * 999999 %}{% for i in range(999) %}"
            + "{% set ns.l = [ns.l, x|upper] %}{% endfor %}",
        "{% set ns = namespace(l=0) %}{% for i in range(99999) %}{% for j in range(99) %}"
            + "{% set ns.l = [ns.l, [], [], []] %}{% endfor %}{% endfor %}",
        "{% set x = 'a' * 999999 %}{{ x.strip('b' * 999999 ~ 'a') }}",
        "{% set x = 'a' * 999999 %}{{ x|trim('b' * 999999 ~ 'a') }}",
        "{{ '%.4000000f' % 1.5 }}",
        "{% set ns = namespace(l=[]) %}{% for i in range(9999) %}"
            + "{% set ns.l = ns.l + ['x' * 999999] %}{% endfor %}",
        "{{ 9 ** 99999 }}",
      })
  void isHeldInBounds(String source) {
    InputException e = catchThrowableOfType(InputException.class, () -> render(source));

    assertThat(e).isNotNull();
    assertThat(e.getMessage()).containsAnyOf("too deeply", "too many steps", "too long", "large");
  }

  @ParameterizedTest
  @CsvSource({
    "(, )",
    "[, ]",
    "{1:, }",
    "-, ''",
    "'not ', ''",
    "'1 if 1 else ', ''",
    "x(, )",
    "x[, ]",
    "'1 is in [', ]",
    "x|f(, )"
  })
  void doesNotOverflowTheStackWhileParsing(String open, String close) {
    String source = "{{ " + open.repeat(20_000) + "1" + close.repeat(20_000) + " }}";

    assertThatThrownBy(() -> render(source))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("nested too deeply");
  }

  @Test
  void doesNotOverflowTheStackByBlocks() {
    assertThatThrownBy(() -> render("{% if 1 %}".repeat(20_000)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("nested too deeply");
    assertThatThrownBy(() -> render("{% for " + "(".repeat(20_000) + "a"))
        .isInstanceOf(InputException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {" + 1", ".x", "[0]", "|abs", "(1)", " or 0", " ** 1"})
  void doesNotOverflowTheStackByALongChain(String part) {
    assertThatThrownBy(() -> render("{{ 0" + part.repeat(20_000) + " }}"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("nested too deeply");
  }

  @Test
  void doesNotOverflowTheStackByLongNumbers() {
    for (String digits : List.of("1".repeat(99_999), "1_".repeat(99_999) + "1")) {
      for (String number : List.of(digits, digits + "." + digits, "0x" + digits, "0." + digits)) {
        assertThatThrownBy(() -> render("{{ " + number + " }}")).isInstanceOf(InputException.class);
      }
    }
    assertThat(render("{{ ('1_' * 99999 ~ '1')|int }}")).isEqualTo("0");
  }

  @Test
  void fitsASmallStack() throws Exception {
    String deep =
        "{% macro m(n) %}{% for a in [n] %}{% if n > 0 %}{{ [m(n - 1)|trim]|first }}"
            + "{% endif %}{% endfor %}.{% endmacro %}{{ m(9999) }}";
    FutureTask<@Nullable Throwable> task =
        new FutureTask<>(() -> catchThrowableOfType(Throwable.class, () -> render(deep)));
    Thread thread = new Thread(null, task, "small", 512 << 10);
    thread.start();

    assertThat(task.get())
        .isInstanceOf(InputException.class)
        .hasMessageContaining("nested too deeply");
    thread.join();
  }

  @Test
  void leavesRoomForLongConversations() {
    Map<String, Object> message = Map.of("role", "user", "content", "words ".repeat(200));
    Map<String, Object> variables = Map.of("messages", Collections.nCopies(2000, message));
    Template template =
        Template.parse(
            "t",
            "{% for m in messages %}{{ m.role|upper }}{{ m.content.strip().split('</x>')[-1] }}"
                + "{% if 'w' in m.content %}{{ m.content|tojson }}{% endif %}{% endfor %}");

    assertThatCode(() -> template.render(variables, clock())).doesNotThrowAnyException();
  }

  @Test
  void takesNumbersAndListsOfAnyKind() {
    Template template = Template.parse("t", "{{ [i, f, l, e] }}");

    assertThat(template.render(Map.of("i", 1, "f", 0.5f, "l", List.of(2L), "e", true), clock()))
        .isEqualTo("[1, 0.5, [2], True]");
  }
}
