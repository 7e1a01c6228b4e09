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
 * Asks the provider that the user has. One that does not answer costs a line of notice, and only
 * the first time.
 */
final class ProviderAdvisor implements LanguageAdvisor {
  /** For lines that the rules do not understand. */
  static final String READS_LINES =
      """
      You read one line that a user typed at the prompt of LQMF, a program that quantizes, runs, \
      measures and inspects language models, and say what it asks for. Leave out every field that \
      the line says nothing about. Never invent a model or a number.""";

  /** For plans. */
  static final String CHOOSES_PLANS =
      """
      You advise a user of LQMF, a program that quantizes language models. You see the plans that \
      fit into the memory, and say which one you would take for that model, and why. Judge by what \
      you know of the model and of such types; do not repeat the numbers.""";

  private final LlmAccount account;
  private final String system;
  private final Consumer<String> notice;
  private @Nullable LanguageModel model;
  private boolean silent;

  /**
   * @param system what the model is to be
   * @param notice told, in one line, that there is no answer
   */
  ProviderAdvisor(LlmAccount account, String system, Consumer<String> notice) {
    this.account = account;
    this.system = system;
    this.notice = notice;
  }

  @Override
  public Optional<String> advise(String line, String schema) {
    try {
      LanguageModel asked = model == null ? LanguageModels.open(account) : model;
      model = asked; // kept, because it knows when its provider is better left alone
      String answer = asked.ask(system, line, schema);
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
