package dev.lqmf.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFilesTest {
  @Test
  void theBestWeightsAreChosen() {
    List<String> best =
        List.of(
            "model.safetensors",
            "model.safetensors.index.json",
            "pytorch_model.bin",
            "pytorch_model.bin.index.json");
    List<String> listing = new ArrayList<>(best.reversed());
    listing.addFirst("tf_model.h5");
    for (String expected : best) {
      assertThat(ModelFiles.weights(listing)).contains(expected);
      listing.remove(expected);
    }
    assertThat(ModelFiles.weights(listing)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"config.json", "a/b.jinja", "model-00001-of-00002.safetensors", "a b+c"})
  void namesWithinTheRepositoryAreSafe(String name) {
    assertThat(ModelFiles.safe(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "/a", "../a", "a/../b", "a//b", "a/", ".a", "a/.b", "C:a", "a\\b", "a\nb"})
  void namesThatMayLeadElsewhereAreNot(String name) {
    assertThat(ModelFiles.safe(name)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "[", "[]", "{}", "{\"weight_map\": {}}", "{\"weight_map\": {\"a\": 1}}"})
  void whatIsNoIndexIsRefused(String content, @TempDir Path directory) throws Exception {
    Path index = Files.writeString(directory.resolve("model.safetensors.index.json"), content);

    assertThatThrownBy(() -> ModelFiles.shards(index))
        .isInstanceOfSatisfying(
            HubException.class,
            e -> assertThat(e.problem()).isEqualTo(HubException.Problem.NO_WEIGHTS))
        .hasMessageStartingWith(index.toString());
  }
}
