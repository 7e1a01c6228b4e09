package dev.lqmf.app;

import dev.lqmf.factory.ModelDownload;
import dev.lqmf.hub.Account;
import dev.lqmf.hub.DownloadListener;
import dev.lqmf.hub.HubException;
import dev.lqmf.hub.ModelId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Downloads a model; where the Hub refuses it to somebody unknown, asks for a token and goes on.
 *
 * @param download does the work, with whatever token there is at the time
 * @param login stores the token
 * @param prompt asks for it
 * @param notice told what happens, for people
 */
record LoginOnDemand(
    ModelDownload download, HubLogin login, SecretPrompt prompt, Consumer<String> notice)
    implements ModelDownload {

  @Override
  public Path snapshot(ModelId model, DownloadListener listener)
      throws IOException, InterruptedException {
    try {
      return download.snapshot(model, listener);
    } catch (HubException refusal) {
      if (!mayHelp(refusal)) {
        throw refusal;
      }
      notice.accept(refusal.getMessage() + "; " + refusal.mend());
      Optional<String> token =
          prompt.ask("Hugging Face token for " + model.repository() + " (Enter to give up): ");
      if (token.isEmpty()) {
        throw refusal;
      }
      Account account = login.login(token.get());
      notice.accept("signed in to the Hub as " + account.user());
      return download.snapshot(model, listener);
    }
  }

  /** Whether a token that is stored could change the answer. */
  private boolean mayHelp(HubException refusal) throws IOException {
    boolean refused =
        switch (refusal.problem()) {
          case GATED, REPOSITORY_NOT_FOUND -> login.settings().token().isEmpty();
          case TOKEN_REJECTED -> true;
          default -> false;
        };
    return refused && login.hidingVariable().isEmpty();
  }
}
