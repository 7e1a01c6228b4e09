package dev.lqmf.app.prompt;

import dev.lqmf.tensor.InputException;
import java.util.Locale;
import java.util.concurrent.CancellationException;

/** Asks the user. */
@FunctionalInterface
public interface Questions {

  /** Takes every recommendation. */
  Questions RECOMMENDED = (question, recommended) -> recommended;

  /** For scripts, which nobody answers. */
  Questions NONE =
      (question, recommended) -> {
        throw new InputException(
            "this needs an answer: " + question,
            "write the command out in full, or accept the recommendations with --yes");
      };

  /**
   * An answer.
   *
   * @param question shown as it is
   * @param recommended taken if the user just presses Enter
   * @throws CancellationException if the user wants out
   */
  String ask(String question, String recommended);

  /** Whether the user agrees; yes is recommended. */
  default boolean confirm(String question) {
    while (true) {
      String answer = ask(question + " [Y/n] ", "y").strip().toLowerCase(Locale.ROOT);
      switch (answer) {
        case "y", "yes" -> {
          return true;
        }
        case "n", "no" -> {
          return false;
        }
        default -> {}
      }
    }
  }
}
