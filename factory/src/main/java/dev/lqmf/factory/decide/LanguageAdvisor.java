package dev.lqmf.factory.decide;

import java.util.Optional;

/** A language model that may be asked what a line means, when the rules do not understand it. */
@FunctionalInterface
public interface LanguageAdvisor {

  /**
   * What the line means, as the language model has it. The answer is not trusted: see {@link
   * Advice}.
   *
   * @param line what the user typed
   * @param schema the JSON schema that the answer must follow
   * @return JSON; nothing if there is no answer, for whatever reason
   */
  Optional<String> advise(String line, String schema);
}
