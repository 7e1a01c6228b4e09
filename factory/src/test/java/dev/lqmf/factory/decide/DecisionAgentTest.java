package dev.lqmf.factory.decide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.factory.decide.Decision.Unclear;
import dev.lqmf.factory.decide.Decision.Understood;
import dev.lqmf.factory.decide.ModelReference.Source;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DecisionAgentTest {
  private static final Path PHRASINGS =
      Path.of("src/test/resources/dev/lqmf/factory/decide/phrasings.txt");

  private static final ModelNames OFFLINE = new ModelNames(ModelSearch.NONE, _ -> false);

  static Stream<String> phrasings() throws IOException {
    return Files.readAllLines(PHRASINGS).stream()
        .filter(line -> !line.isBlank() && !line.startsWith("#"));
  }

  @ParameterizedTest
  @MethodSource("phrasings")
  void whatPeopleTypeIsUnderstood(String phrasing) {
    String[] parts = phrasing.split(" \\|", -1);
    assertThat(parts).hasSize(3);

    Decision decision = new DecisionAgent(OFFLINE).decide(parts[0]);

    assertThat(slots(decision)).isEqualTo(expected(parts[1].strip(), parts[2].strip()));
  }

  @Test
  void thereAreManyPhrasings() throws IOException {
    assertThat(phrasings().distinct().count()).isGreaterThanOrEqualTo(200);
  }

  /** Those that can be asked for nicely. */
  static Stream<String> requests() throws IOException {
    return phrasings().filter(line -> !line.matches("(?i)('|(\\./)?lqmf).*"));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void neitherSpacesNorPolitenessMatter(String phrasing) {
    String[] parts = phrasing.split(" \\|", -1);
    DecisionAgent agent = new DecisionAgent(OFFLINE);

    Decision decision = agent.decide("  please  " + parts[0].strip() + "  ");

    assertThat(slots(decision).get("action")).isEqualTo(parts[1].strip());
  }

  /** Whatever is typed, there is a decision. */
  @Test
  void nothingThatIsTypedFails() {
    DecisionAgent agent = new DecisionAgent(OFFLINE);
    List<String> odd =
        List.of(
            "",
            " ",
            "\u0001",
            "\"",
            "'''",
            "quantize \"",
            "quantize gpt2 99999999999999999999 GB",
            "quantize gpt2 to 999 bits",
            "quantize gpt2 with 99999999999k context",
            "(((((((",
            "quantize $1 \\1",
            "quantize 模型",
            "İ quantize gpt2",
            "x".repeat(10_000),
            "quantize " + "a ".repeat(2_000));
    for (String line : odd) {
      assertThat(agent.decide(line)).isNotNull();
    }
  }

  private static Map<String, String> expected(String action, String slots) {
    Map<String, String> expected = new TreeMap<>();
    expected.put("action", action);
    for (String slot : slots.split("; ")) {
      if (!slot.isBlank()) {
        String[] pair = slot.split("=", 2);
        expected.put(
            pair[0], pair[0].equals("budget") ? new BigDecimal(pair[1]).toPlainString() : pair[1]);
      }
    }
    return expected;
  }

  private static Map<String, String> slots(Decision decision) {
    Map<String, String> slots = new TreeMap<>();
    switch (decision) {
      case Unclear unclear -> {
        slots.put("action", "UNCLEAR");
        slots.put("reason", unclear.reason().name());
        assertThat(unclear.message()).isNotBlank();
        assertThat(unclear.suggestions()).isNotEmpty();
      }
      case Understood understood -> {
        Wishes wishes = understood.wishes();
        slots.put("action", understood.action().name());
        if (!wishes.models().isEmpty()) {
          slots.put(
              "model",
              wishes.models().stream().map(ModelReference::name).collect(Collectors.joining(",")));
        }
        wishes.method().ifPresent(m -> slots.put("method", m));
        if (!wishes.types().isEmpty()) {
          slots.put("type", String.join(",", wishes.types()));
        }
        wishes.bits().ifPresent(b -> slots.put("bits", String.valueOf(b)));
        wishes.device().ifPresent(d -> slots.put("device", d.name()));
        wishes.budget().ifPresent(b -> slots.put("budget", String.valueOf(b)));
        wishes.context().ifPresent(c -> slots.put("context", String.valueOf(c)));
        wishes.quality().ifPresent(q -> slots.put("quality", q.name()));
        wishes.argument().ifPresent(a -> slots.put("argument", a));
        if (!understood.leftover().isEmpty()) {
          slots.put("leftover", String.join(" ", understood.leftover()));
        }
      }
    }
    return slots;
  }

  private static ModelReference model(DecisionAgent agent, String line) {
    return ((Understood) agent.decide(line)).wishes().models().getFirst();
  }

  @Test
  void theHubIsAskedForWordsAndTheListChoosesAmongWhatItHas() {
    ModelSearch hub =
        (words, limit) -> {
          assertThat(words).isEqualTo("mistral 7b");
          assertThat(limit).isPositive();
          return List.of(
              "TheBloke/Mistral-7B-GGUF",
              "somebody/mistral-7b-copy",
              "mistralai/Mistral-7B-v0.3",
              "else/Llama-7B");
        };

    ModelReference model =
        model(new DecisionAgent(new ModelNames(hub, _ -> false)), "quantize mistral 7b");

    assertThat(model)
        .isEqualTo(
            new ModelReference(
                "mistralai/Mistral-7B-v0.3",
                "mistral 7b",
                Source.LISTED,
                List.of("somebody/mistral-7b-copy")));
  }

  @Test
  void theHubKnowsWhatIsNotListed() {
    ModelSearch hub = (_, _) -> List.of("org/Other", "org/Wondrous-3B-AWQ", "org/Wondrous-3B");

    ModelReference model =
        model(new DecisionAgent(new ModelNames(hub, _ -> false)), "quantize wondrous 3b to 4 bit");

    assertThat(model)
        .isEqualTo(
            new ModelReference("org/Wondrous-3B", "wondrous 3b", Source.SEARCHED, List.of()));
  }

  @Test
  void aHubThatLacksAListedModelIsBelieved() {
    ModelSearch hub = (_, _) -> List.of("mirror/gpt2");

    assertThat(model(new DecisionAgent(new ModelNames(hub, _ -> false)), "quantize gpt2").name())
        .isEqualTo("mirror/gpt2");
  }

  @Test
  void withoutAnAnswerTheListIsLeft() {
    ModelSearch down =
        (_, _) -> {
          throw new IOException("no connection");
        };

    assertThat(model(new DecisionAgent(new ModelNames(down, _ -> false)), "quantize gpt2").name())
        .isEqualTo("openai-community/gpt2");
  }

  @Test
  void aDirectoryOfThatNameComesFirst() {
    ModelReference model =
        model(new DecisionAgent(new ModelNames(ModelSearch.NONE, "gpt2"::equals)), "quantize gpt2");

    assertThat(model).isEqualTo(ModelReference.typed("gpt2"));
  }

  @Test
  void aVersionThatIsLeftOutIsTheListedOne() {
    ModelReference model =
        model(new DecisionAgent(OFFLINE), "quantize mistralai/Mistral-7B-Instruct for 8GB GPU");

    assertThat(model)
        .isEqualTo(
            new ModelReference(
                "mistralai/Mistral-7B-Instruct-v0.3",
                "mistralai/Mistral-7B-Instruct",
                Source.LISTED,
                List.of()));
    for (String asWritten :
        List.of("google/gemma-3-1b", "mirror/Mistral-7B", "mistralai/Mistral-7B-v0.1")) {
      assertThat(model(new DecisionAgent(OFFLINE), "quantize " + asWritten + " to 4 bit"))
          .isEqualTo(ModelReference.typed(asWritten));
    }
    assertThat(
            model(
                new DecisionAgent(new ModelNames(ModelSearch.NONE, "mistralai/Mistral-7B"::equals)),
                "quantize mistralai/Mistral-7B to 4 bit"))
        .isEqualTo(ModelReference.typed("mistralai/Mistral-7B"));
  }

  @Test
  void anIdIsNotSearchedFor() {
    ModelSearch hub =
        (_, _) -> {
          throw new AssertionError("asked");
        };

    assertThat(model(new DecisionAgent(new ModelNames(hub, _ -> false)), "check org/name").name())
        .isEqualTo("org/name");
  }
}
