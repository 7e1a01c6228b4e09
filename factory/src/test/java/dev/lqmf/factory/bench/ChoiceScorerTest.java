package dev.lqmf.factory.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import dev.lqmf.torch.stored.StoredModel;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ChoiceScorerTest {
  private static final Path MODEL = Path.of("..", "examples", "models", "docs-llama-4m");
  private static final Path ORIGIN = Path.of("questions.jsonl");

  /** See interop/choices/likelihoods.py; the first cases are the questions that LQMF ships. */
  @Test
  void likelihoodsEqualThoseOfTransformers() throws Exception {
    JsonNode cases;
    try (InputStream file =
        Objects.requireNonNull(ChoiceScorerTest.class.getResourceAsStream("likelihoods.json"))) {
      cases = JsonMapper.shared().readTree(file).get("cases");
    }
    try (StoredModel stored = StoredModel.open(MODEL, "docs-llama-4m");
        TextTokenizer tokenizer = stored.tokenizer().open();
        TorchModel model =
            TorchModel.open(stored.network(), stored.weights(), TorchOptions.DEFAULTS)) {
      ChoiceScorer scorer = new ChoiceScorer(model, tokenizer);
      List<ChoiceQuestion> shipped = Shipped.questions();
      for (int i = 0; i < cases.size(); i++) {
        JsonNode expected = cases.get(i);
        ChoiceQuestion question =
            new ChoiceQuestion(
                expected.get("context").asString(),
                expected.get("choices").valueStream().map(JsonNode::asString).toList(),
                expected.get("answer").asInt());
        if (i < shipped.size()) {
          assertThat(question).isEqualTo(shipped.get(i));
        }
        double[] found = scorer.logLikelihoods(question);
        for (int c = 0; c < found.length; c++) {
          assertThat(found[c])
              .as(question.choices().get(c))
              .isCloseTo(expected.get("log_likelihoods").get(c).asDouble(), within(2e-4));
        }
      }
      assertThat(cases.size()).isGreaterThan(shipped.size());
    }
  }

  @Test
  void answersMayBeIndicesLettersOrTexts() {
    List<ChoiceQuestion> questions =
        ChoiceQuestions.parse(
            ORIGIN,
            """
            {"question": "Which?", "choices": ["a", "b"], "answer": 1}

            {"context": "So", "choices": ["it is", "B"], "answer": "A"}
            {"context": "So", "choices": ["it is", "A"], "answer": "A"}
            """);

    assertThat(questions).extracting(ChoiceQuestion::answer).containsExactly(1, 0, 1);
    assertThat(questions)
        .extracting(ChoiceQuestion::context)
        .containsExactly("Question: Which?\nAnswer:", "So", "So");
  }

  @Test
  void aLineThatIsNoQuestionIsNamed() {
    String good = "{\"question\": \"Which?\", \"choices\": [\"a\", \"b\"], \"answer\": 0}\n";
    for (String bad :
        List.of(
            "{\"question\": \"Which?\", \"choices\": [\"a\"], \"answer\": 0}",
            "{\"question\": \"Which?\", \"choices\": [\"a\", \"b\"], \"answer\": 2}",
            "{\"choices\": [\"a\", \"b\"], \"answer\": 0}",
            "{\"question\"")) {
      assertThatThrownBy(() -> ChoiceQuestions.parse(ORIGIN, good + bad))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("line 2 of questions.jsonl");
    }
    assertThatThrownBy(() -> ChoiceQuestions.parse(ORIGIN, "\n"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is empty");
  }
}
