package dev.lqmf.torch.gptq;

import dev.lqmf.testkit.TinyModels;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.NoSuchElementException;

/** What other programs computed; README.md beside the resources says how. */
final class GptqFixtures {
  /** One thread: tiny operations on two take longer. */
  static final TorchOptions OPTIONS = TorchOptions.DEFAULTS.withThreads(1);

  /** The model that the checkpoint and the tokens belong to. */
  static final Path MODEL = Path.of("..", "examples", "models", "docs-llama-4m");

  /** Directories of whole checkpoints. */
  static final Path RESOURCES = Path.of("src/test/resources/dev/lqmf/torch/gptq");

  private GptqFixtures() {}

  static byte[] bytes(String name) {
    try (InputStream in = GptqFixtures.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new NoSuchElementException(name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The checkpoint that GPTQModel wrote, in a directory of its own. */
  static Path checkpoint(Path parent) throws IOException {
    Path directory = parent.resolve("docs-llama-4m-gptq");
    Files.createDirectories(directory);
    for (String file :
        new String[] {
          "config.json", "quantize_config.json", "model.safetensors", "expected.safetensors"
        }) {
      Files.write(directory.resolve(file), bytes("docs-llama-4m-gptq/" + file));
    }
    return directory;
  }

  /** Numbers of a safetensors resource. */
  static TinyModels.Values values(String name, Path directory) throws IOException {
    Path file = directory.resolve("values.safetensors");
    try (InputStream in = GptqFixtures.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new NoSuchElementException(name);
      }
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
    return TinyModels.values(file);
  }

  /** Windows of 256 tokens. */
  static int[][] windows(String name, int count) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes(name)).order(ByteOrder.LITTLE_ENDIAN);
    int[][] windows = new int[count][256];
    for (int[] window : windows) {
      for (int i = 0; i < window.length; i++) {
        window[i] = buffer.getShort() & 0xFFFF;
      }
    }
    return windows;
  }
}
