package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFinderTest {
  @TempDir Path results;
  private ModelFinder finder;

  @BeforeEach
  void makeFinder() {
    finder = new ModelFinder(results);
  }

  @Test
  void findsAResultByItsName() throws IOException {
    Path file = gguf("tiny_gguf_Q4_K_M", "tiny-Q4_K_M.gguf");

    assertThat(finder.gguf("tiny_gguf_Q4_K_M")).isEqualTo(file);
    assertThat(finder.gguf(results.resolve("tiny_gguf_Q4_K_M").toString())).isEqualTo(file);
    assertThat(finder.gguf(file.toString())).isEqualTo(file);
  }

  @Test
  void takesTheFirstFileOfASplitSet() throws IOException {
    Path first = gguf("tiny_gguf_Q8_0", "tiny-Q8_0-00001-of-00002.gguf");
    gguf("tiny_gguf_Q8_0", "tiny-Q8_0-00002-of-00002.gguf");

    assertThat(finder.gguf("tiny_gguf_Q8_0")).isEqualTo(first);
  }

  @Test
  void namesTheResultsThereAre() throws IOException {
    gguf("tiny_gguf_Q4_K_M", "tiny-Q4_K_M.gguf");

    assertThatThrownBy(() -> finder.gguf("tiny_gguf_Q5_K_M"))
        .isInstanceOfSatisfying(
            InputException.class, e -> assertThat(e.mend()).endsWith("one of tiny_gguf_Q4_K_M"));
  }

  @Test
  void tellsHowToQuantizeACheckpoint() throws IOException {
    Path checkpoint = Files.createDirectory(results.resolve("checkpoint"));
    Files.writeString(checkpoint.resolve("config.json"), "{}");

    assertThatThrownBy(() -> finder.gguf(checkpoint.toString()))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> assertThat(e.mend()).contains("lqmf quantize " + checkpoint + " --type"));
    assertThat(finder.fileOrCheckpoint(checkpoint.toString())).isEqualTo(checkpoint);
  }

  private Path gguf(String directory, String name) throws IOException {
    Path file = Files.createDirectories(results.resolve(directory)).resolve(name);
    return Files.writeString(file, "GGUF");
  }
}
