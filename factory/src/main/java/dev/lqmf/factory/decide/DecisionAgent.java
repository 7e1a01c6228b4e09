package dev.lqmf.factory.decide;

import dev.lqmf.factory.decide.Decision.Reason;
import dev.lqmf.factory.decide.Decision.Unclear;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Understands a line that a user types. Rules first: the same line gives the same decision, but for
 * what the hub says about a nickname. A language model is asked only about what the rules do not
 * understand, and its answer counts only as far as {@link Advice} can confirm it.
 */
public final class DecisionAgent {
  private static final Pattern PROMPT =
      Line.pattern("^\\s*(?:lqmf>|\\$|>)?\\s*(?:(?:\\./)?lqmf(?:\\s+|$))?");

  private static final Pattern QUOTED_LINE = Pattern.compile("^(['\"])(.*)\\1$");

  private static final Pattern POLITE =
      Line.pattern(
          "^(?:please|bitte|hey|hi|hello|ok|okay|so|now|can\\syou(?:\\splease)?"
              + "|could\\syou(?:\\splease)?)[\\s,]+(?!run\\b.*\\bon\\b|do\\b)");

  private final ModelRules models;
  private final Optional<Advice> advice;

  /** An agent that works by rules alone. */
  public DecisionAgent(ModelNames names) {
    this(names, Optional.empty());
  }

  /**
   * @param advisor asked about lines that the rules do not understand
   */
  public DecisionAgent(ModelNames names, Optional<LanguageAdvisor> advisor) {
    this.models = new ModelRules(names);
    this.advice = advisor.map(a -> new Advice(a, names));
  }

  /**
   * What a line asks for.
   *
   * @throws java.util.concurrent.CancellationException if the thread is interrupted while it waits
   *     for the hub
   */
  public Decision decide(String typed) {
    String line = PROMPT.matcher(typed.strip()).replaceFirst("").strip();
    line = QUOTED_LINE.matcher(line).replaceFirst("$2").strip();
    line = Spelling.mend(POLITE.matcher(line).replaceFirst(""));
    if (line.isEmpty()) {
      return new Unclear(Reason.NOT_UNDERSTOOD, "nothing was typed", List.of("help"));
    }
    Optional<Decision> command = CommandRules.decide(line);
    Decision decision = command.isPresent() ? command.get() : models.decide(line);
    if (decision instanceof Unclear(Reason reason, _, _)
        && (reason == Reason.NOT_UNDERSTOOD || reason == Reason.MODEL_UNKNOWN)
        && advice.isPresent()) {
      Optional<Decision> advised = advice.get().about(typed.strip());
      return advised.orElse(decision);
    }
    return decision;
  }
}
