package dev.lqmf.app;

import dev.lqmf.factory.decide.LanguageAdvisor;
import dev.lqmf.factory.llm.LanguageModel;
import dev.lqmf.factory.llm.LanguageModels;
import dev.lqmf.factory.llm.LlmAccount;
import dev.lqmf.factory.llm.LlmException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Asks the provider that the user has about lines that the rules do not understand. One that does
 * not answer costs a line of notice, and only the first time.
 */
final class LineAdvisor implements LanguageAdvisor {
  private static final String SYSTEM =
      """
      You read one line that a user typed at the prompt of LQMF, a program that quantizes, runs, \
      measures and inspects language models, and say what it asks for. Leave out every field that \
      the line says nothing about. Never invent a model or a number.""";

  private final LlmAccount account;
  private final Consumer<String> notice;
  private @Nullable LanguageModel model;
  private boolean silent;

  /**
   * @param notice told, in one line, that there is no answer
   */
  LineAdvisor(LlmAccount account, Consumer<String> notice) {
    this.account = account;
    this.notice = notice;
  }

  @Override
  public Optional<String> advise(String line, String schema) {
    try {
      LanguageModel asked = model == null ? LanguageModels.open(account) : model;
      model = asked; // kept, because it knows when its provider is better left alone
      String answer = asked.ask(SYSTEM, line, schema);
      silent = false;
      return Optional.of(answer);
    } catch (LlmException e) {
      if (!silent) {
        notice.accept(e.getMessage() + "; the rules go on without it");
        silent = true;
      }
      return Optional.empty();
    }
  }
}
