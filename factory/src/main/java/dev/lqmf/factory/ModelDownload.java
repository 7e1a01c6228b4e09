package dev.lqmf.factory;

import dev.lqmf.hub.DownloadListener;
import dev.lqmf.hub.HubClient;
import dev.lqmf.hub.ModelId;
import dev.lqmf.hub.RetryPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** How a model is fetched from the hub; {@link HubClient#snapshot} is the one way outside tests. */
@FunctionalInterface
public interface ModelDownload {

  /** The hub as this process's environment describes it; nothing happens before it is asked. */
  ModelDownload HUB = hub(System.getenv(), Path.of(System.getProperty("user.home")));

  /** The hub as an environment describes it; nothing happens before it is asked. */
  static ModelDownload hub(Map<String, String> environment, Path home) {
    return hub(environment, home, RetryPolicy.standard());
  }

  /** The same; what may pass is tried again as the policy says, and listeners learn of it. */
  static ModelDownload hub(Map<String, String> environment, Path home, RetryPolicy retry) {
    return (model, listener) ->
        HubClient.fromEnvironment(environment, home, retry).snapshot(model, listener);
  }

  /**
   * What describes a model, for those who do not read weights ({@link HubClient#outline}); else the
   * same as {@link #hub}.
   */
  static ModelDownload outline(Map<String, String> environment, Path home, RetryPolicy retry) {
    return (model, listener) ->
        HubClient.fromEnvironment(environment, home, retry).outline(model, listener);
  }

  /** A directory with the model's files, downloaded as far as they are not there. */
  Path snapshot(ModelId model, DownloadListener listener) throws IOException, InterruptedException;
}
