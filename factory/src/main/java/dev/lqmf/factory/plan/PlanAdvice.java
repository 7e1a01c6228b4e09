package dev.lqmf.factory.plan;

import dev.lqmf.factory.decide.LanguageAdvisor;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which plan of a proposal a language model would take. It chooses among what was planned and fits;
 * the recommendation and every number stay what they are.
 *
 * @param place of the plan in the proposal, as in {@code better}
 * @param plan one that fits
 * @param reason in the language model's words, one line
 */
public record PlanAdvice(String place, Plan plan, String reason) {
  private static final int LONGEST_REASON = 400;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /**
   * Asks for advice.
   *
   * @param advisor asked once, unless there is nothing to choose
   * @return nothing if there is no answer, or one that does not keep to what was planned
   */
  public static Optional<PlanAdvice> on(Proposal proposal, LanguageAdvisor advisor) {
    Map<String, Plan> fitting = new LinkedHashMap<>();
    proposal
        .plans()
        .forEach(
            (place, plan) -> {
              if (plan.fits()) {
                fitting.put(place, plan);
              }
            });
    if (fitting.size() < 2) {
      return Optional.empty();
    }
    return advisor
        .advise(question(proposal.recommended(), fitting), schema(fitting))
        .flatMap(answer -> check(answer, fitting));
  }

  private static String question(Plan any, Map<String, Plan> fitting) {
    return String.format(
            Locale.ROOT,
            "Model %s, to run on a %s with %,d bytes of memory and %,d tokens of context.%n",
            any.model(),
            any.budget().device(),
            any.budget().bytes(),
            any.context())
        + fitting.entrySet().stream()
            .map(e -> describe(e.getKey(), e.getValue()))
            .collect(Collectors.joining());
  }

  private static String describe(String place, Plan plan) {
    return String.format(
        Locale.ROOT,
        "%s: %s %s, file %,d bytes, memory %,d bytes, %.2f bits per weight, quality %s (%s)%n",
        place,
        plan.method(),
        plan.type(),
        plan.fileBytes(),
        plan.memory().total(),
        plan.bitsPerWeight(),
        plan.quality().words(),
        plan.reason());
  }

  private static String schema(Map<String, Plan> fitting) {
    return """
        {"type":"object","additionalProperties":false,"required":["choice","reason"],"properties":{
        "choice":{"enum":[%s]},
        "reason":{"type":"string","description":"one or two sentences, for the user"}}}
        """
        .formatted(
            fitting.keySet().stream().map(p -> '"' + p + '"').collect(Collectors.joining(",")));
  }

  private static Optional<PlanAdvice> check(String answer, Map<String, Plan> fitting) {
    JsonNode json;
    try {
      json = JSON.readTree(answer);
    } catch (JacksonException e) {
      return Optional.empty();
    }
    JsonNode choice = json.path("choice");
    JsonNode reason = json.path("reason");
    Plan plan = choice.isString() ? fitting.get(choice.asString()) : null;
    if (plan == null || json.size() != 2 || !reason.isString()) {
      return Optional.empty();
    }
    // It goes to a terminal.
    String text = reason.asString().replaceAll("[\\p{Cntrl}\\p{Cf}\\s]+", " ").strip();
    return text.isEmpty() || text.length() > LONGEST_REASON
        ? Optional.empty()
        : Optional.of(new PlanAdvice(choice.asString(), plan, text));
  }
}
