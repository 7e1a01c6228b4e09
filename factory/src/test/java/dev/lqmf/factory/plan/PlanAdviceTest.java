package dev.lqmf.factory.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.factory.decide.Device;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlanAdviceTest {
  private static final long BUDGET = 1_000;

  private final List<String> questions = new ArrayList<>();

  private static Plan plan(String type, long bytes) {
    return new Plan(
        "org/model",
        "model",
        "gguf",
        type,
        bytes,
        true,
        4.5,
        new MemoryUse(bytes, 10, 10, 10),
        1024,
        CacheType.F16,
        new Budget(BUDGET, Device.GPU, "as asked for"),
        QualityClass.GOOD,
        Duration.ofSeconds(1),
        new Predictor.Evidence(0, 0),
        "why not");
  }

  private static Proposal proposal(long better) {
    return new Proposal(
        plan("Q4_K_M", 400),
        Optional.of(plan("Q3_K_M", 300)),
        Optional.of(plan("Q6_K", better)),
        List.of());
  }

  private Optional<PlanAdvice> advice(Proposal proposal, String answer) {
    return PlanAdvice.on(
        proposal,
        (question, schema) -> {
          questions.add(question + schema);
          return Optional.of(answer);
        });
  }

  @Test
  void namesAPlanAndAReason() {
    Optional<PlanAdvice> advice =
        advice(proposal(600), "{\"choice\":\"better\",\"reason\":\"It  is\\nfine\\u001b[31m.\"}");

    assertThat(advice).map(a -> a.plan().type()).contains("Q6_K");
    assertThat(advice).map(PlanAdvice::reason).contains("It is fine [31m.");
    assertThat(questions.getFirst()).contains("Q4_K_M", "Q3_K_M", "Q6_K", "1,000 bytes");
  }

  @Test
  void whatDoesNotFitCannotBeChosen() {
    Optional<PlanAdvice> advice =
        advice(proposal(2_000), "{\"choice\":\"better\",\"reason\":\"Take it.\"}");

    assertThat(advice).isEmpty();
    assertThat(questions.getFirst()).doesNotContain("Q6_K");
  }

  @Test
  void nobodyIsAskedWhereThereIsNothingToChoose() {
    Proposal one = new Proposal(plan("Q4_K_M", 400), Optional.empty(), Optional.empty(), List.of());

    assertThat(advice(one, "{}")).isEmpty();
    assertThat(questions).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no JSON",
        "[]",
        "{}",
        "{\"choice\":\"better\"}",
        "{\"choice\":\"best\",\"reason\":\"r\"}",
        "{\"choice\":1,\"reason\":\"r\"}",
        "{\"choice\":\"better\",\"reason\":\" \"}",
        "{\"choice\":\"better\",\"reason\":\"r\",\"file_bytes\":1}",
        "{\"choice\":\"better\",\"reason\":\"r\"} and more"
      })
  void answersThatDoNotKeepToTheSchemaAreNoAdvice(String answer) {
    assertThat(advice(proposal(600), answer)).isEmpty();
  }
}
