package dev.lqmf.factory.llm;

import java.util.Optional;

/**
 * Who is asked, as people write it: {@code claude}, or {@code claude/MODEL}.
 *
 * @param provider who is asked
 * @param model which model; none: the provider's usual one
 */
public record ModelChoice(LlmProvider provider, Optional<String> model) {

  /**
   * Reads a choice. A model's own name may have slashes.
   *
   * @throws dev.lqmf.tensor.InputException if there is no such provider
   */
  public static ModelChoice parse(String text) {
    int slash = text.indexOf('/');
    return slash < 0
        ? new ModelChoice(LlmProviders.named(text), Optional.empty())
        : new ModelChoice(
            LlmProviders.named(text.substring(0, slash)),
            Optional.of(text.substring(slash + 1).strip()).filter(m -> !m.isEmpty()));
  }

  @Override
  public String toString() {
    return provider.name() + model.map(m -> "/" + m).orElse("");
  }
}
