package dev.lqmf.factory.bench;

import dev.lqmf.tensor.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * Reads multiple-choice questions, one JSON object a line:
 *
 * <pre>
 *   {"question": "…", "choices": ["…", "…"], "answer": 0}     asked as "Question: …\nAnswer:"
 *   {"context": "…", "choices": ["…", "…"], "answer": "B"}    continued as it stands
 * </pre>
 *
 * An answer is an index from 0 on, a letter, or the text of a choice.
 */
final class ChoiceQuestions {
  private ChoiceQuestions() {}

  /**
   * The questions of a file.
   *
   * @throws InputException if a line is no question; the message names it
   */
  static List<ChoiceQuestion> parse(Path origin, String text) {
    List<ChoiceQuestion> questions = new ArrayList<>();
    JsonLines.read(origin, text, object -> questions.add(question(object)));
    return questions;
  }

  private static ChoiceQuestion question(JsonNode object) {
    List<String> choices = object.path("choices").valueStream().map(JsonNode::asString).toList();
    String context =
        object.has("context")
            ? object.path("context").asString()
            : "Question: %s\nAnswer:".formatted(object.required("question").asString());
    return new ChoiceQuestion(context, choices, answer(object.path("answer"), choices));
  }

  private static int answer(JsonNode given, List<String> choices) {
    if (given.isInt()) {
      return given.asInt();
    }
    String text = given.asString();
    int index = choices.indexOf(text);
    return index < 0 && text.length() == 1 ? text.charAt(0) - 'A' : index;
  }
}
