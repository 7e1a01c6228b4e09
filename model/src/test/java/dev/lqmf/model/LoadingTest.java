package dev.lqmf.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.TensorPlan;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which conversions llama.cpp (de3ff81) opens, as its libllama was asked about each kind. */
class LoadingTest {
  private static final Path VARIANTS = Path.of("../torch/src/test/resources/dev/lqmf/torch");

  private static List<String> notes(String variant) throws IOException {
    Path directory = VARIANTS.resolve("variants").resolve(variant);
    ModelFiles files = new ModelFiles(directory);
    HfConfig config = HfConfig.read(files);
    ModelContext context = Families.of(config).context(files, config);
    try (TensorSource source = Checkpoints.open(directory)) {
      Map<String, Weights> stored = new LinkedHashMap<>();
      for (TensorInfo tensor : source.tensors()) {
        stored.put(tensor.name(), new StoredWeights(source, tensor));
      }
      TensorPlan.of(context, stored);
    }
    return context.notes();
  }

  @ParameterizedTest
  @CsvSource({
    "neox-tied, gptneox does not open a file whose output is the embedding",
    "neox-sequential, gptneox does not open a file without the bias of attn_qkv",
    "olmo2-bias, olmo2 does not open a file with a bias of attn_output",
    "qwen3-window, qwen3 does not open a file with a bias of attn_output",
    "gemma2-uncapped, gemma2 does not open a file with a bias of attn_output",
    "starcoder2-options, starcoder2 does not open a file without the bias of attn_output",
    "glm-options, chatglm does not open a file with 4 heads of 12 in a width of 32"
  })
  void saysWhatDoesNotOpen(String variant, String note) throws IOException {
    assertThat(notes(variant)).anyMatch(n -> n.startsWith("llama.cpp's " + note));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-biases",
        "qwen2-window",
        "phi3-longrope-short",
        "stablelm-parallel",
        "glm4-options",
        "granite-options",
        "gemma3-capped"
      })
  void saysNothingOfWhatOpens(String variant) throws IOException {
    assertThat(notes(variant)).isEmpty();
  }
}
