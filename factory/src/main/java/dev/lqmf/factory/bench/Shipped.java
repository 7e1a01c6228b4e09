package dev.lqmf.factory.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** Questions and prompts that come with the program, written for it. */
final class Shipped {
  private static final String QUESTIONS = "choices.jsonl";
  private static final String PROMPTS = "prompts.jsonl";

  private Shipped() {}

  /** General knowledge, simple science, grammar, reading code. */
  static List<ChoiceQuestion> questions() throws IOException {
    return ChoiceQuestions.parse(Path.of(QUESTIONS), read(QUESTIONS));
  }

  /** Beginnings of texts of several kinds. */
  static List<Prompt> prompts() throws IOException {
    return Prompt.parse(Path.of(PROMPTS), read(PROMPTS));
  }

  private static String read(String name) throws IOException {
    try (InputStream file = Objects.requireNonNull(Shipped.class.getResourceAsStream(name), name)) {
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
