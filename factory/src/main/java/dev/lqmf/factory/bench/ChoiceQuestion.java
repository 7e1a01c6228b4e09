package dev.lqmf.factory.bench;

import java.util.List;

/**
 * A question with answers to choose from.
 *
 * @param context what comes before the answer, not blank
 * @param choices two or more answers, none of them blank
 * @param answer index of the right one
 */
public record ChoiceQuestion(String context, List<String> choices, int answer) {

  /** Checks the parts and copies the list. */
  public ChoiceQuestion {
    choices = List.copyOf(choices);
    if (context.isBlank()) {
      throw new IllegalArgumentException("there is no question");
    }
    if (choices.size() < 2 || choices.stream().anyMatch(String::isBlank)) {
      throw new IllegalArgumentException("there are not two choices with text");
    }
    if (answer < 0 || answer >= choices.size()) {
      throw new IllegalArgumentException("the answer is none of the choices");
    }
  }
}
