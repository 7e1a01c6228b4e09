package dev.lqmf.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.model.LinearLayers.Role;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinearLayersTest {
  private static final Path TRUTH = Path.of("src/test/resources/dev/lqmf/model/linear-layers.txt");

  @Test
  void quantizesWhatTransformersQuantizes() throws IOException {
    List<String> wrong = new ArrayList<>();
    LinearLayers layers = of("", 0);
    String model = "";
    int models = 0;
    for (String line : Files.readAllLines(TRUTH)) {
      String[] parts = line.split(" ", -1);
      if (!line.startsWith("+") && !line.startsWith("-")) {
        model = parts[0];
        layers = of(parts[1], Long.parseLong(parts[2]));
        models++;
        continue;
      }
      long[] dims = Stream.of(parts[2].split("x", -1)).mapToLong(Long::parseLong).toArray();
      Role role = layers.role(new TensorInfo(parts[1], TensorType.F32, Shape.of(dims)));
      if (role.isBitsAndBytes() != parts[0].equals("+")) {
        wrong.add(model + ": " + line + " is " + role);
      }
    }
    assertThat(models).isGreaterThan(30);
    assertThat(wrong).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "model.layers.0.mlp.experts.3.w1.weight, EXPERT",
    "model.layers.0.mlp.gate.weight, ROUTER",
    "model.layers.0.mlp.gate_proj.weight, LINEAR",
    "h.0.mlp.c_fc.weight, LINEAR",
    "encoder.block.0.layer.1.DenseReluDense.wo.weight, FLOAT32",
    "layers.0.attention.wo.weight, LINEAR",
    "cls.predictions.decoder.weight, OUTPUT",
    "lm_head.dense.weight, LINEAR",
    "score.weight, HEAD",
    "model.embed_tokens_per_layer.weight, OTHER",
    "model.layers.0.self_attn.rotary_emb.inv_freq, OTHER",
    "weight, OTHER"
  })
  void namesTellTheRole(String name, Role role) {
    assertThat(of("other", 9).role(new TensorInfo(name, TensorType.BF16, Shape.of(8, 16))))
        .isEqualTo(role);
  }

  @Test
  void shapesAndConfigurationTellToo() {
    TensorInfo wide = new TensorInfo("predictor.weight", TensorType.BF16, Shape.of(9, 16));
    assertThat(of("other", 9).role(wide)).isEqualTo(Role.HEAD);
    TensorInfo convolution = new TensorInfo("a.b.weight", TensorType.BF16, Shape.of(8, 16, 3));
    assertThat(of("other", 9).role(convolution)).isEqualTo(Role.OTHER);
    TensorInfo packed = new TensorInfo("a.b.weight", TensorType.U8, Shape.of(8, 16));
    assertThat(of("other", 9).role(packed)).isEqualTo(Role.OTHER);
    TensorInfo conv1d = new TensorInfo("h.0.mlp.c_fc.weight", TensorType.BF16, Shape.of(8, 16));
    assertThat(of("gpt2", 9).role(conv1d)).isEqualTo(Role.CONV1D);
    TensorInfo dense = new TensorInfo("h.0.mlp.dense.weight", TensorType.BF16, Shape.of(8, 16));
    assertThat(of("falcon", 9).role(dense)).isEqualTo(Role.OWN);
  }

  private static LinearLayers of(String modelType, long vocabulary) {
    return LinearLayers.of(
        HfConfig.of(
            Path.of("config.json"), Map.of("model_type", modelType, "vocab_size", vocabulary)));
  }
}
