package dev.lqmf.factory.llm;

import java.util.Optional;

/**
 * What {@code llm_provider} in config.json says: {@code claude}, or {@code claude/MODEL}.
 *
 * @param provider who is asked
 * @param model which model; none: the provider's usual one
 */
public record LlmChoice(LlmProvider provider, Optional<String> model) {

  /**
   * Reads a choice. A model's own name may have slashes.
   *
   * @throws dev.lqmf.tensor.InputException if there is no such provider
   */
  public static LlmChoice parse(String text) {
    int slash = text.indexOf('/');
    return slash < 0
        ? new LlmChoice(LlmProviders.named(text), Optional.empty())
        : new LlmChoice(
            LlmProviders.named(text.substring(0, slash)),
            Optional.of(text.substring(slash + 1).strip()).filter(m -> !m.isEmpty()));
  }

  @Override
  public String toString() {
    return provider.name() + model.map(m -> "/" + m).orElse("");
  }
}
