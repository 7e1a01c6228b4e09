package dev.lqmf.factory.bench;

import dev.lqmf.tensor.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What a model is asked.
 *
 * @param text not blank
 * @param reference an answer to compare with; absent: the baseline's
 */
public record Prompt(String text, Optional<String> reference) {

  /** Checks the text. */
  public Prompt {
    if (text.isBlank()) {
      throw new IllegalArgumentException("there is no prompt");
    }
  }

  /**
   * Prompts, one a line: {@code {"prompt": "…", "reference": "…"}}, the reference optional.
   *
   * @throws InputException if a line is none; the message names it
   */
  static List<Prompt> parse(Path origin, String text) {
    List<Prompt> prompts = new ArrayList<>();
    JsonLines.read(origin, text, object -> prompts.add(prompt(object)));
    return prompts;
  }

  private static Prompt prompt(JsonNode object) {
    return new Prompt(
        object.required("prompt").asString(),
        object.has("reference")
            ? Optional.of(object.path("reference").asString())
            : Optional.empty());
  }
}
