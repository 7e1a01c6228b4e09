package dev.lqmf.factory.llm;

import dev.lqmf.tensor.InputException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Which providers the user has, and which one is asked. */
public final class LlmSettings {
  private final Function<String, Optional<String>> environment;
  private final Optional<ModelChoice> choice;
  private final boolean off;

  /**
   * @param environment the value of a variable, such as {@code GEMINI_API_KEY}
   * @param choice what the user chose; none: the first provider that can be asked
   */
  public LlmSettings(Function<String, Optional<String>> environment, Optional<ModelChoice> choice) {
    this(environment, choice, false);
  }

  private LlmSettings(
      Function<String, Optional<String>> environment, Optional<ModelChoice> choice, boolean off) {
    this.environment = environment;
    this.choice = choice;
    this.off = off;
  }

  /** Nobody is to be asked, whatever keys there are. */
  public static LlmSettings off(Function<String, Optional<String>> environment) {
    return new LlmSettings(environment, Optional.empty(), true);
  }

  /** Whether nobody is to be asked. */
  public boolean isOff() {
    return off;
  }

  /**
   * Every provider as the user has it.
   *
   * @throws InputException if a variable cannot be used
   */
  public List<LlmAccount> accounts() {
    return LlmProviders.all().stream().map(this::account).toList();
  }

  /**
   * A provider as the user has it.
   *
   * @throws InputException if a variable cannot be used
   */
  public LlmAccount account(LlmProvider provider) {
    return new LlmAccount(
        provider,
        variable(provider.addressVariable())
            .map(text -> address(text, provider))
            .orElse(provider.address()),
        choice
            .filter(c -> c.provider() == provider)
            .flatMap(ModelChoice::model)
            .orElse(provider.model()),
        variable(provider.keyVariable()).flatMap(k -> ApiKey.of(k, provider.keyVariable())));
  }

  /**
   * Who is asked: the chosen provider, else the first that can be asked; none if there is none.
   *
   * @throws InputException if a variable cannot be used
   */
  public Optional<LlmAccount> chosen() {
    if (off) {
      return Optional.empty();
    }
    return choice.isPresent()
        ? Optional.of(account(choice.get().provider()))
        : accounts().stream().filter(LlmAccount::usable).findFirst();
  }

  private Optional<String> variable(String name) {
    return environment.apply(name).map(String::strip).filter(v -> !v.isEmpty());
  }

  private static URI address(String text, LlmProvider provider) {
    try {
      URI uri = new URI(text.replaceFirst("/+$", ""));
      boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
      if (http
          && uri.getHost() != null
          && uri.getUserInfo() == null
          && uri.getQuery() == null
          && uri.getFragment() == null) {
        return uri;
      }
    } catch (URISyntaxException malformed) {
      // Reported below. The text is not: it may hold a password.
    }
    throw new InputException(
        provider.addressVariable() + " is not the address of a server",
        "set it to something like " + provider.address() + ", without a password, or unset it");
  }
}
