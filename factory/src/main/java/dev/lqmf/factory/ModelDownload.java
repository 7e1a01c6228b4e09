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
  ModelDownload HUB = hub(System.getenv());

  /** The hub as an environment describes it; nothing happens before it is asked. */
  static ModelDownload hub(Map<String, String> environment) {
    return (model, listener) -> HubClient.fromEnvironment(environment).snapshot(model, listener);
  }

  /** A directory with the model's files, downloaded as far as they are not there. */
  Path snapshot(ModelId model, DownloadListener listener) throws IOException, InterruptedException;
}
