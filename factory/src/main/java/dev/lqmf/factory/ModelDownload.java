package dev.lqmf.factory;

import dev.lqmf.hub.DownloadListener;
import dev.lqmf.hub.HubClient;
import dev.lqmf.hub.ModelId;
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
    return (model, listener) ->
        HubClient.fromEnvironment(environment, home).snapshot(model, listener);
  }

  /** A directory with the model's files, downloaded as far as they are not there. */
  Path snapshot(ModelId model, DownloadListener listener) throws IOException, InterruptedException;
}
