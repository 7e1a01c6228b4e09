package dev.lqmf.factory.memory;

import dev.lqmf.factory.config.StorageBackend;
import java.io.IOException;
import java.nio.file.Path;

/** The kinds of stores, by the setting that chooses them. */
public final class ExperimentStores {
  private static final String JSON = "runs";

  private ExperimentStores() {}

  /**
   * Opens the store of a directory.
   *
   * @param directory made if need be; may hold a store of each kind
   */
  public static ExperimentStore open(StorageBackend backend, Path directory) throws IOException {
    return switch (backend) {
      case SQLITE -> SqliteStore.open(directory);
      case JSON -> new JsonStore(directory.resolve(JSON));
    };
  }

  /** Where a run puts its own experiments, which costs next to nothing. */
  public static ExperimentStore forRecording(StorageBackend backend, Path directory) {
    return switch (backend) {
      case SQLITE -> SqliteStore.incoming(directory);
      case JSON -> new JsonStore(directory.resolve(JSON));
    };
  }
}
