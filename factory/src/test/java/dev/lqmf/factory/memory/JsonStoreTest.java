package dev.lqmf.factory.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.config.StorageBackend;
import dev.lqmf.tensor.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonStoreTest extends ExperimentStoreContract {
  @Override
  StorageBackend backend() {
    return StorageBackend.JSON;
  }

  @Test
  void eachExperimentIsAFileAndNothingElseRemains() throws Exception {
    Path files = directory.resolve("files");
    JsonStore store = new JsonStore(files);
    store.put(Samples.success(1, "model", "Q4_K_M"));
    store.put(Samples.success(2, "model", "Q4_K_M"));
    store.delete("run-1");

    try (Stream<Path> left = Files.list(files)) {
      assertThat(left.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("run-2.json", ".lock");
    }
  }

  @Test
  void aDamagedFileIsNamedAndAnEmptyOneIsNoExperiment() throws Exception {
    JsonStore store = new JsonStore(directory);
    Path file = Files.writeString(directory.resolve("run-1.json"), "");
    assertThat(store.list(Query.ALL)).isEmpty();
    Files.writeString(file, "{\"id\": ");

    assertThatThrownBy(() -> store.list(Query.ALL))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + " is no record of an experiment");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../evil", "", "a/b", ".hidden", "ä"})
  void aNameThatIsNoNameIsRefused(String id) {
    String document =
        ExperimentJson.write(Samples.success(1, "model", "Q4_K_M"))
            .replace("\"run-1\"", "\"" + id + "\"");

    assertThatThrownBy(() -> ExperimentJson.read(document, "the test"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("is no name of an experiment");
  }
}
