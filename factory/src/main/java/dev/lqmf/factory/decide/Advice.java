package dev.lqmf.factory.decide;

import dev.lqmf.factory.decide.Decision.Reason;
import dev.lqmf.factory.decide.Decision.Unclear;
import dev.lqmf.factory.decide.Decision.Understood;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a language model says about a line, as far as it can be confirmed. An answer counts only if
 * it follows the schema, names types and methods that exist and go together, and says nothing about
 * models and numbers that the line does not say. What takes something away is only ever suggested.
 */
final class Advice {
  private static final BigDecimal GIGABYTE = BigDecimal.valueOf(1_000_000_000L);
  private static final BigDecimal MOST_GIGABYTES = BigDecimal.valueOf(1_000_000);

  private static final Set<String> FIELDS =
      new TreeSet<>(
          Set.of(
              "action",
              "models",
              "method",
              "types",
              "bits",
              "device",
              "budget_gb",
              "context",
              "quality",
              "argument"));

  private static final List<String> WORDS =
      List.of("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine");

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final LanguageAdvisor advisor;
  private final ModelNames names;

  Advice(LanguageAdvisor advisor, ModelNames names) {
    this.advisor = advisor;
    this.names = names;
  }

  /** The JSON schema of an answer. */
  static String schema() {
    return """
        {"type":"object","additionalProperties":false,"required":["action"],"properties":{
        "action":{"enum":%s},
        "models":{"type":"array","items":{"type":"string"},"description":"as the user wrote them"},
        "method":{"enum":%s},
        "types":{"type":"array","items":{"type":"string"},"description":"as in Q4_K_M, NF4"},
        "bits":{"type":"integer","minimum":2,"maximum":32},
        "device":{"enum":%s},
        "budget_gb":{"type":"number","exclusiveMinimum":0,"description":"memory as the user wrote it"},
        "context":{"type":"integer","minimum":1},
        "quality":{"enum":%s},
        "argument":{"type":"string","description":"a number, a name or a prompt from the line"}}}
        """
        .formatted(
            quoted(Arrays.stream(Action.values()).map(Enum::name).toList()),
            quoted(TypeNames.methods()),
            quoted(Arrays.stream(Device.values()).map(Enum::name).toList()),
            quoted(Arrays.stream(Quality.values()).map(Enum::name).toList()));
  }

  private static String quoted(List<String> names) {
    return names.stream().map(n -> '"' + n + '"').collect(Collectors.joining(",", "[", "]"));
  }

  /** The decision about a line that can be confirmed; nothing if there is none. */
  Optional<Decision> about(String line) {
    Optional<String> answer = advisor.advise(line, schema());
    if (answer.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(check(line, JSON.readTree(answer.get())));
    } catch (JacksonException | Rejected e) {
      return Optional.empty();
    }
  }

  /** The answer says what it must not. */
  private static final class Rejected extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Rejected(String reason) {
      super(reason, null, false, false);
    }
  }

  private Decision check(String line, JsonNode json) {
    if (!json.isObject()) {
      throw new Rejected("no object");
    }
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (!FIELDS.contains(field.getKey())) {
        throw new Rejected("unknown field " + field.getKey());
      }
    }
    Action action =
        constant(Action.class, json, "action").orElseThrow(() -> new Rejected("action"));
    Optional<String> argument = text(json, "argument");
    argument.ifPresent(a -> confirm(line.contains(a), "argument"));
    Optional<String> method = text(json, "method");
    method.ifPresent(m -> confirm(TypeNames.methods().contains(m), "method"));
    List<String> types = new ArrayList<>();
    for (String type : texts(json, "types")) {
      types.add(TypeNames.canonical(type).orElseThrow(() -> new Rejected("type")));
    }
    Optional<BigDecimal> bits = number(line, json, "bits", 32);
    Optional<BigDecimal> context = number(line, json, "context", Integer.MAX_VALUE);
    Optional<BigDecimal> budget = number(line, json, "budget_gb", MOST_GIGABYTES.longValue());
    if (method.isEmpty() && !types.isEmpty()) {
      method = Optional.of(TypeNames.method(types.getFirst()));
    }
    Wishes wishes =
        new Wishes(
            models(line, json),
            method,
            types,
            integer(bits),
            constant(Device.class, json, "device"),
            budget.isPresent()
                ? OptionalLong.of(budget.get().multiply(GIGABYTE).longValue())
                : OptionalLong.empty(),
            integer(context),
            constant(Quality.class, json, "quality"),
            argument);
    return decision(action, wishes);
  }

  private static Decision decision(Action action, Wishes wishes) {
    Optional<Unclear> contradiction = WishRules.contradiction(wishes);
    if (contradiction.isPresent()) {
      return contradiction.get();
    }
    int models = wishes.models().size();
    if (models < action.models() || (action.models() == 1 && models > 1)) {
      throw new Rejected("number of models");
    }
    boolean numbered =
        action == Action.SHOW_EXPERIMENT
            || action == Action.DELETE_EXPERIMENT
            || action == Action.COMPARE_EXPERIMENTS;
    if (numbered) {
      confirm(wishes.argument().orElse("").matches("\\d{1,9}( \\d{1,9})*"), "number");
    }
    if (action.destroys()) {
      String command =
          action == Action.HUB_LOGOUT
              ? "hf logout"
              : "delete experiment " + wishes.argument().orElseThrow();
      return new Unclear(
          Reason.NOT_UNDERSTOOD, "this takes something away, so say it plainly", List.of(command));
    }
    return new Understood(action, wishes, List.of(), true);
  }

  private static void confirm(boolean holds, String what) {
    if (!holds) {
      throw new Rejected(what);
    }
  }

  /** Models that the line names; a language model knows many that the user did not mean. */
  private List<ModelReference> models(String line, JsonNode json) {
    List<ModelReference> models = new ArrayList<>();
    for (String model : texts(json, "models")) {
      confirm(
          !model.isBlank()
              && line.toLowerCase(Locale.ROOT).contains(model.toLowerCase(Locale.ROOT)),
          "model");
      List<String> words = List.of(model.strip().split("\\s+"));
      models.add(
          model.contains("/")
              ? ModelReference.typed(model)
              : names
                  .find(words)
                  .reference()
                  .or(() -> names.asName(words))
                  .orElseThrow(() -> new Rejected("model")));
    }
    return models;
  }

  private static Optional<String> text(JsonNode json, String field) {
    JsonNode value = json.get(field);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    confirm(value.isString() && !value.asString().isBlank(), field);
    return Optional.of(value.asString());
  }

  private static List<String> texts(JsonNode json, String field) {
    JsonNode value = json.get(field);
    if (value == null || value.isNull()) {
      return List.of();
    }
    confirm(value.isArray(), field);
    List<String> texts = new ArrayList<>();
    for (JsonNode element : value) {
      confirm(element.isString(), field);
      texts.add(element.asString());
    }
    return texts;
  }

  private static <E extends Enum<E>> Optional<E> constant(
      Class<E> type, JsonNode json, String field) {
    return text(json, field)
        .map(
            name ->
                Arrays.stream(type.getEnumConstants())
                    .filter(c -> c.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new Rejected(field)));
  }

  /** A positive number that the line says, in digits or as a word. */
  private static Optional<BigDecimal> number(String line, JsonNode json, String field, long most) {
    JsonNode value = json.get(field);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    confirm(value.isNumber(), field);
    BigDecimal number = value.decimalValue();
    confirm(number.signum() > 0 && number.compareTo(BigDecimal.valueOf(most)) <= 0, field);
    confirm(says(line, number) || says(line, inThousands(number)), field);
    return Optional.of(number);
  }

  /** A context of 8192 tokens is written 8k. */
  private static BigDecimal inThousands(BigDecimal number) {
    BigDecimal[] parts = number.divideAndRemainder(BigDecimal.valueOf(1024));
    return parts[1].signum() == 0 ? parts[0] : number;
  }

  private static boolean says(String line, BigDecimal number) {
    String digits = number.stripTrailingZeros().toPlainString();
    if (line.matches("(?s).*(?<![\\d.])" + digits.replace(".", "\\.") + "(?![\\d.]\\d|\\d).*")) {
      return true;
    }
    return digits.length() == 1
        && line.toLowerCase(Locale.ROOT)
            .matches("(?s).*\\b" + WORDS.get(Integer.parseInt(digits)) + "\\b.*");
  }

  private static OptionalInt integer(Optional<BigDecimal> number) {
    if (number.isEmpty()) {
      return OptionalInt.empty();
    }
    try {
      return OptionalInt.of(number.get().intValueExact());
    } catch (ArithmeticException e) {
      throw new Rejected("no whole number");
    }
  }
}
