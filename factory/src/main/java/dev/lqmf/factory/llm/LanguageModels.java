package dev.lqmf.factory.llm;

import java.util.Optional;

/** Opens the language model that the user chose. */
public final class LanguageModels {
  private LanguageModels() {}

  /**
   * The model of an account; nothing is sent yet. Failures that pass are tried again, and a
   * provider that keeps failing is left alone for a minute: keep the model, then, and ask it often.
   *
   * @throws LlmException if there is no key
   */
  public static LanguageModel open(LlmAccount account) throws LlmException {
    return open(account, LlmTimeouts.USUAL, ResilientModel.Patience.USUAL);
  }

  static LanguageModel open(
      LlmAccount account, LlmTimeouts timeouts, ResilientModel.Patience patience)
      throws LlmException {
    if (!account.usable()) {
      throw account.keyMissing();
    }
    return new ResilientModel(
        account.provider().open(account, timeouts), account.provider().name(), patience);
  }

  /** The model to ask for advice; none if the user has no provider, which is no mistake. */
  public static Optional<LanguageModel> adviser(LlmSettings settings) throws LlmException {
    Optional<LlmAccount> account = settings.chosen();
    return account.isPresent() ? Optional.of(open(account.get())) : Optional.empty();
  }
}
