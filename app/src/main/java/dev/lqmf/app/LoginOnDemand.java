package dev.lqmf.app;

import dev.lqmf.factory.ModelDownload;
import dev.lqmf.hub.Account;
import dev.lqmf.hub.DownloadListener;
import dev.lqmf.hub.HubException;
import dev.lqmf.hub.ModelId;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Downloads a model; where there is none of that name, tells which there are; where the Hub refuses
 * it to somebody unknown, asks for a token and goes on.
 *
 * @param download does the work, with whatever token there is at the time
 * @param login stores the token
 * @param prompt asks for it
 * @param similar ids that resemble one that the Hub does not have
 * @param notice told what happens, for people
 */
record LoginOnDemand(
    ModelDownload download,
    HubLogin login,
    SecretPrompt prompt,
    Similar similar,
    Consumer<String> notice)
    implements ModelDownload {

  /** Where names are looked up. */
  @FunctionalInterface
  interface Similar {
    List<String> to(String repository) throws IOException, InterruptedException;
  }

  @Override
  public Path snapshot(ModelId model, DownloadListener listener)
      throws IOException, InterruptedException {
    try {
      return download.snapshot(model, listener);
    } catch (HubException refusal) {
      if (refusal.problem() == HubException.Problem.REPOSITORY_NOT_FOUND) {
        suggest(model, refusal);
      }
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

  /** A name that is spelt wrong is more likely than a private model. */
  private void suggest(ModelId model, HubException refusal)
      throws IOException, InterruptedException {
    List<String> known;
    try {
      known = similar.to(model.repository());
    } catch (IOException noAnswer) {
      return; // the search only helps
    }
    if (!known.isEmpty()) {
      throw new InputException(
          String.valueOf(refusal.getMessage()),
          "did you mean %s? %s".formatted(String.join(" or ", known), refusal.mend()),
          refusal);
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
