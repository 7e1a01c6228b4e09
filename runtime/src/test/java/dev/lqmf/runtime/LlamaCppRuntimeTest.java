package dev.lqmf.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class LlamaCppRuntimeTest extends RuntimeContract {
  LlamaCppRuntimeTest() {
    super(new LlamaCppRuntime());
  }

  @Test
  void saysWhyLlamaCppRefusesAFile() throws IOException {
    byte[] bytes = Files.readAllBytes(resource("LlamaForCausalLM.gguf"));
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Path renamed = directory.resolve("renamed.gguf");
    Files.write(
        renamed,
        text.replace("blk.1.attn_q", "blk.1.attn_x").getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> open(renamed))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(renamed.toString())
        .hasMessageContaining("missing tensor 'blk.1.attn_q.weight'");
  }

  @Test
  void leavesTheFilesOfOthersAlone() throws IOException {
    Path bystander = Files.createTempFile("llama", ".gguf");
    try (Session _ = open(resource("LlamaForCausalLM.gguf"))) {
      assertThat(bystander).exists();
    } finally {
      Files.deleteIfExists(bystander);
    }
  }
}
