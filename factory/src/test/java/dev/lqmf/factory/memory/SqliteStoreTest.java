package dev.lqmf.factory.memory;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.config.StorageBackend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SqliteStoreTest extends ExperimentStoreContract {
  @Override
  StorageBackend backend() {
    return StorageBackend.SQLITE;
  }

  @Test
  void aFileThatIsNoDatabaseIsNamed() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    Files.writeString(other.resolve("experiments.db"), "this is not a database ".repeat(100));

    assertThatThrownBy(() -> SqliteStore.open(other))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(other.resolve("experiments.db").toString());
  }
}
