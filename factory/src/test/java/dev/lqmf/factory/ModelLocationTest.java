package dev.lqmf.factory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelLocationTest {
  @TempDir Path directory;

  @Test
  void addsUpTheFilesOfADirectory() throws IOException {
    Path file = Files.write(directory.resolve("model.safetensors"), new byte[100]);
    Files.write(directory.resolve("config.json"), new byte[20]);
    Files.write(Files.createDirectory(directory.resolve("runs")).resolve("log"), new byte[7]);

    assertThat(new ModelLocation(directory, "tiny", true).likelyWeights()).isEqualTo(60);
    assertThat(new ModelLocation(file, "tiny", true).likelyWeights()).isEqualTo(50);
  }
}
