package dev.lqmf.factory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputSetTest {
  @TempDir Path directory;

  @Test
  void whatDoesNotFitOnTheDiskIsRefusedBeforeAnythingIsWritten() {
    Path root = directory.resolve("not/yet/there");
    PlannedOutput huge = output(root, GgufFileType.F16, Long.MAX_VALUE / 4);
    PlannedOutput small = output(root, GgufFileType.Q8_0, 10);

    assertThatThrownBy(() -> OutputSet.open(List.of(small, huge)))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e)
                  .hasMessageContainingAll("2,305,843,009,213,693,961 bytes", directory.toString());
              assertThat(e.mend()).contains("free some space");
            });
    assertThat(root).doesNotExist();
  }

  private static PlannedOutput output(Path root, GgufFileType type, long bytes) {
    var part = new SplitLayout.Part("m.gguf", GgufMetadata.builder().build(), 0, List.of(), bytes);
    GgufRecipe recipe =
        new GgufRecipe(
            1,
            "m",
            "llama",
            "abc",
            type,
            List.of(),
            Optional.empty(),
            Optional.empty(),
            false,
            false,
            Optional.empty(),
            OptionalLong.empty());
    return new PlannedOutput(
        new OutputLayout(type, List.of(), List.of(part), Optional.empty(), List.of()),
        recipe,
        root.resolve("m_gguf_" + type),
        false);
  }
}
