package dev.lqmf.app;

import dev.lqmf.hub.Account;
import dev.lqmf.hub.HubAccounts;
import dev.lqmf.hub.HubSettings;
import dev.lqmf.hub.HubToken;
import dev.lqmf.hub.TokenFiles;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * Signs a person in to the Hub.
 *
 * @param workplace tells where the Hub is and where it keeps tokens
 */
record HubLogin(Workplace workplace) {

  /** How the Hub is reached. */
  HubSettings settings() throws IOException {
    return HubSettings.fromEnvironment(environment(), workplace.home());
  }

  /** Where tokens are kept. */
  TokenFiles files() throws IOException {
    return HubSettings.tokenFiles(environment(), workplace.home());
  }

  private Map<String, String> environment() throws IOException {
    return workplace.configuration().environment();
  }

  /** Whose the token is. */
  Account whoAmI(HubToken token) throws IOException {
    try {
      return HubAccounts.of(withoutToken(), environment()).whoAmI(token);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    }
  }

  /** A token that is there and cannot be read must not be in the way of a new one. */
  private HubSettings withoutToken() throws IOException {
    Map<String, String> quiet = new HashMap<>(environment());
    quiet.put("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    return HubSettings.fromEnvironment(quiet, workplace.home());
  }

  /**
   * Verifies a token and stores it where huggingface_hub looks.
   *
   * @throws InputException if it cannot be a token
   */
  Account login(String text) throws IOException {
    HubToken token =
        HubToken.of(text, "the input")
            .orElseThrow(
                () ->
                    new InputException(
                        "no token given", "paste one from https://huggingface.co/settings/tokens"));
    Account account = whoAmI(token);
    files().save(token, account.tokenName());
    return account;
  }

  /** The variable that would be used instead of a stored token, if there is one. */
  Optional<String> hidingVariable() throws IOException {
    Map<String, String> environment = environment();
    return HubSettings.TOKEN_VARIABLES.stream()
        .filter(v -> !environment.getOrDefault(v, "").isBlank())
        .findFirst();
  }
}
