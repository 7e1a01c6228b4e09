package dev.lqmf.factory.llm;

import dev.lqmf.tensor.InputException;
import java.util.List;
import java.util.Locale;

/** All providers; the first that the user has a key for is asked unless another is chosen. */
public final class LlmProviders {
  private static final List<LlmProvider> ALL =
      List.of(new GeminiProvider(), new ClaudeProvider(), new OpenAiProvider());

  private LlmProviders() {}

  public static List<LlmProvider> all() {
    return ALL;
  }

  /**
   * The provider of a name, in any case.
   *
   * @throws InputException if there is none
   */
  public static LlmProvider named(String name) {
    String wanted = name.strip().toLowerCase(Locale.ROOT);
    return ALL.stream()
        .filter(p -> p.name().equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "there is no provider " + InputException.quote(name),
                    "choose one of "
                        + String.join(", ", ALL.stream().map(LlmProvider::name).toList())));
  }
}
