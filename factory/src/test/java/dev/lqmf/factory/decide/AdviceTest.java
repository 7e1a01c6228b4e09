package dev.lqmf.factory.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.factory.decide.Decision.Reason;
import dev.lqmf.factory.decide.Decision.Unclear;
import dev.lqmf.factory.decide.Decision.Understood;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Answers of a language model about a line that no rule understands. */
class AdviceTest {

  private static Decision decide(String line, String answer) {
    ModelNames names = new ModelNames(ModelSearch.NONE, _ -> false);
    DecisionAgent agent = new DecisionAgent(names, Optional.of((_, _) -> Optional.of(answer)));
    return agent.decide(line);
  }

  @Test
  void theRulesDoNotUnderstandTheLine() {
    assertThat(
            new DecisionAgent(new ModelNames(ModelSearch.NONE, _ -> false))
                .decide("squish phi 3 mini onto the box downstairs"))
        .isInstanceOf(Unclear.class);
  }

  @Test
  void aGoodAnswerIsUsed() {
    String line = "squish phi 3 mini onto the box downstairs which has eight, and window 4k";
    Decision decision =
        decide(
            line,
            """
            {"action": "QUANTIZE", "models": ["phi 3 mini"], "types": ["q4_k_m"],
             "budget_gb": 8, "context": 4096, "device": "GPU", "quality": "BALANCED"}
            """);

    assertThat(decision)
        .isInstanceOfSatisfying(
            Understood.class,
            understood -> {
              assertThat(understood.advised()).isTrue();
              assertThat(understood.action()).isEqualTo(Action.QUANTIZE);
              Wishes wishes = understood.wishes();
              assertThat(wishes.models())
                  .extracting(ModelReference::name)
                  .containsExactly("microsoft/Phi-3-mini-4k-instruct");
              assertThat(wishes.method()).hasValue("gguf");
              assertThat(wishes.types()).containsExactly("Q4_K_M");
              assertThat(wishes.budget()).isEqualTo(OptionalLong.of(8_000_000_000L));
              assertThat(wishes.context()).isEqualTo(OptionalInt.of(4096));
              assertThat(wishes.device()).hasValue(Device.GPU);
              assertThat(wishes.quality()).hasValue(Quality.BALANCED);
            });
  }

  private static final String UNKNOWN = "squish phi 3 mini onto the box downstairs";

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Not JSON, or not an object, or more than one.
        "",
        "Sure! Here is the JSON you asked for:",
        "```json\n{\"action\": \"HELP\"}\n```",
        "[{\"action\": \"HELP\"}]",
        "\"HELP\"",
        "{\"action\": \"HELP\"} {\"action\": \"STATS\"}",
        "{\"action\": \"HELP\", \"action\": \"STATS\"}",
        // Not the schema.
        "{}",
        "{\"action\": \"FORMAT_DISK\"}",
        "{\"action\": \"help\"}",
        "{\"action\": 7}",
        "{\"action\": \"HELP\", \"shell\": \"rm -rf /\"}",
        "{\"action\": \"QUANTIZE\", \"models\": \"phi 3 mini\"}",
        "{\"action\": \"QUANTIZE\", \"models\": [7]}",
        "{\"action\": \"QUANTIZE\", \"models\": [\"phi 3 mini\"], \"device\": \"TPU\"}",
        "{\"action\": \"QUANTIZE\", \"models\": [\"phi 3 mini\"], \"bits\": \"four\"}",
        "{\"action\": \"QUANTIZE\", \"models\": [\"phi 3 mini\"], \"context\": 3.5}",
        "{\"action\": \"QUANTIZE\"}",
        "{\"action\": \"COMPARE\", \"models\": [\"phi 3 mini\"]}",
        // Lies: a model, a number, a type or a method that nobody named or that does not exist.
        "{\"action\": \"QUANTIZE\", \"models\": [\"meta-llama/Llama-3.1-8B\"]}",
        "{\"action\": \"QUANTIZE\", \"models\": [\"\"]}",
        "{\"action\": \"QUANTIZE\", \"models\": [\"the box downstairs\"]}",
        "{\"action\": \"QUANTIZE\", \"models\": [\"phi 3 mini\"], \"types\": [\"Q4_K_XXL\"]}",
        "{\"action\": \"QUANTIZE\", \"models\": [\"phi 3 mini\"], \"method\": \"awq\"}",
        "{\"action\": \"QUANTIZE\", \"models\": [\"phi 3 mini\"], \"budget_gb\": 24}",
        "{\"action\": \"QUANTIZE\", \"models\": [\"phi 3 mini\"], \"budget_gb\": -3}",
        "{\"action\": \"QUANTIZE\", \"models\": [\"phi 3 mini\"], \"budget_gb\": 1e999}",
        "{\"action\": \"QUANTIZE\", \"models\": [\"phi 3 mini\"], \"bits\": 4}",
        "{\"action\": \"RUN\", \"models\": [\"phi 3 mini\"], \"argument\": \"ignore the user\"}",
        "{\"action\": \"DELETE_EXPERIMENT\", \"argument\": \"12\"}",
        "{\"action\": \"SHOW_EXPERIMENT\", \"argument\": \"phi\"}"
      })
  void aMalformedOrLyingAnswerIsNotUsed(String answer) {
    assertThat(decide(UNKNOWN, answer))
        .isInstanceOfSatisfying(
            Unclear.class,
            u -> assertThat(u.reason()).isIn(Reason.NOT_UNDERSTOOD, Reason.MODEL_UNKNOWN));
  }

  @Test
  void anAnswerThatContradictsItselfIsToldSo() {
    Decision decision =
        decide(
            UNKNOWN,
            "{\"action\": \"QUANTIZE\", \"models\": [\"phi 3 mini\"], \"method\": \"bnb\","
                + " \"types\": [\"Q4_K_M\"]}");

    assertThat(decision)
        .isInstanceOfSatisfying(
            Unclear.class, u -> assertThat(u.reason()).isEqualTo(Reason.CONTRADICTION));
  }

  @Test
  void whatDestroysIsOnlySuggested() {
    Decision decision =
        decide("get rid of number 7", "{\"action\": \"DELETE_EXPERIMENT\", \"argument\": \"7\"}");

    assertThat(decision)
        .isInstanceOfSatisfying(
            Unclear.class, u -> assertThat(u.suggestions()).containsExactly("delete experiment 7"));
  }

  @Test
  void aLineThatTheRulesUnderstandIsNotPassedOn() {
    ModelNames names = new ModelNames(ModelSearch.NONE, _ -> false);
    LanguageAdvisor never =
        (_, _) -> {
          throw new AssertionError("asked");
        };

    assertThat(new DecisionAgent(names, Optional.of(never)).decide("quantize gpt2"))
        .isInstanceOf(Understood.class);
  }

  @Test
  void noAnswerLeavesTheRulesOwn() {
    ModelNames names = new ModelNames(ModelSearch.NONE, _ -> false);

    assertThat(
            new DecisionAgent(names, Optional.of((_, _) -> Optional.empty())).decide("asdf qwer"))
        .isInstanceOf(Unclear.class);
  }

  @Test
  void theSchemaNamesEveryActionAndIsJson() {
    JsonNode schema = JsonMapper.shared().readTree(Advice.schema());

    assertThat(schema.get("properties").get("action").get("enum").size())
        .isEqualTo(Action.values().length);
    assertThat(schema.get("required")).extracting(JsonNode::asString).isEqualTo(List.of("action"));
  }
}
