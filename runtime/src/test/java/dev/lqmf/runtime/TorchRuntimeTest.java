package dev.lqmf.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class TorchRuntimeTest extends RuntimeContract {
  TorchRuntimeTest() {
    super(new TorchRuntime());
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    Path renamed = withoutATensor();

    assertThatThrownBy(() -> open(renamed))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(renamed.toString())
        .hasMessageContaining("blk.1.attn_x.weight");
  }

  @Test
  void aLongerContextThanTheModelHasPositionsForIsRefused() {
    Path model = Path.of("../examples/models/docs-gpt2-4m");

    assertThatThrownBy(
            () ->
                new TorchRuntime()
                    .open(
                        model,
                        new SessionOptions(OptionalInt.of(100_000), OptionalInt.empty(), false)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("not for 100000");
  }

  @Test
  void stopsBeforeAText() throws IOException {
    try (Session session = open(resource("LlamaForCausalLM.gguf"))) {
      String text = String.join("", generate(session, "The kernel", greedy(false)));
      String stop = text.substring(5, 8);

      String stopped =
          String.join("", generate(session, "The kernel", greedy(false).withStop(List.of(stop))));

      assertThat(stopped).isEqualTo(text.substring(0, text.indexOf(stop)));
    }
  }

  @Test
  void theUsualRuntimeGivesWay() throws IOException {
    List<String> notices = new ArrayList<>();
    Path checkpoint = Path.of("../examples/models/docs-llama-4m");
    try (Session session = Runtimes.open(checkpoint, SessionOptions.DEFAULTS, notices::add)) {
      assertThat(generate(session, "The kernel", greedy(false))).isNotEmpty();
    }
    assertThat(notices).isEmpty();

    // llama.cpp's own reason counts when nobody can run a file.
    Path renamed = withoutATensor();
    assertThatThrownBy(() -> Runtimes.open(renamed, SessionOptions.DEFAULTS, notices::add))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("missing tensor 'blk.1.attn_q.weight'");
  }

  @Test
  void runtimesHaveNames() {
    assertThat(Runtimes.named("torch")).isInstanceOf(TorchRuntime.class);
    assertThatThrownBy(() -> Runtimes.named("vllm"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("vllm");
  }

  private Path withoutATensor() throws IOException {
    byte[] bytes = Files.readAllBytes(resource("LlamaForCausalLM.gguf"));
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    Path renamed = directory.resolve("renamed.gguf");
    return Files.write(
        renamed,
        text.replace("blk.1.attn_q", "blk.1.attn_x").getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void thirtyLoadsLeaveNothingBehind() throws IOException {
    loadThirtyTimes();
  }
}
