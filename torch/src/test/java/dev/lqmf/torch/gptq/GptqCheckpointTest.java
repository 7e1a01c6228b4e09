package dev.lqmf.torch.gptq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.CheckpointWeights;
import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.gptq.GptqMatrix;
import dev.lqmf.quant.gptq.GptqTensors;
import dev.lqmf.quant.gptq.ZeroPoints;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import dev.lqmf.testkit.TinyModels;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.Logits;
import dev.lqmf.torch.TorchModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A checkpoint that GPTQModel wrote. */
class GptqCheckpointTest {
  private static final String MODULE = "model.layers.1.mlp.gate_proj";

  @TempDir private Path directory;

  @Test
  void logitsAreThoseOfTheDequantizedModel() throws IOException {
    Path model = GptqFixtures.checkpoint(directory);

    assertThat(logitDifference(model)).isLessThan(1e-4);
  }

  /** Experts under the names of Transformers 5, and a fused matrix in halves. */
  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "phi3"})
  void namesOfGptqModelAreUnderstood(String name) throws IOException {
    assertThat(logitDifference(GptqFixtures.RESOURCES.resolve(name))).isLessThan(1e-4);
  }

  /** Of the largest logit. */
  private static double logitDifference(Path model) throws IOException {
    TinyModels.Values expected = TinyModels.values(model.resolve("expected.safetensors"));
    float[][] rows = expected.rows("logits");
    int[] ids = expected.ids("input_ids");
    double largest = 0;
    double difference = 0;
    try (TorchModel torch = TorchModel.open(model, GptqFixtures.OPTIONS);
        Activations hidden = torch.hidden(new int[][] {ids});
        Logits logits = torch.logits(hidden, ids.length - rows.length, rows.length)) {
      float[][] found = logits.toArrays();
      for (int r = 0; r < rows.length; r++) {
        for (int c = 0; c < rows[r].length; c++) {
          largest = Math.max(largest, Math.abs(rows[r][c]));
          difference = Math.max(difference, Math.abs(rows[r][c] - found[r][c]));
        }
      }
    }
    return difference / largest;
  }

  @Test
  void packingWhatWasUnpackedGivesTheSameBytes() throws IOException {
    Path model = GptqFixtures.checkpoint(directory);
    try (TensorSource source = Checkpoints.open(model)) {
      TensorInfo scales = info(source, MODULE + ".scales");
      int in = Math.toIntExact(info(source, MODULE + ".g_idx").shape().elements());
      int out = Math.toIntExact(scales.shape().rowLength());
      MemorySegment halves = read(source, scales);

      GptqMatrix matrix =
          GptqMatrix.unpack(
              4,
              in,
              out,
              read(source, info(source, MODULE + ".qweight")).toArray(ValueLayout.JAVA_INT),
              read(source, info(source, MODULE + ".qzeros")).toArray(ValueLayout.JAVA_INT),
              ZeroPoints.V1,
              halves.toArray(ValueLayout.JAVA_SHORT),
              read(source, info(source, MODULE + ".g_idx")).toArray(ValueLayout.JAVA_INT));

      List<TensorInfo> announced = GptqTensors.infos(MODULE, 4, in, out, 128);
      List<MemorySegment> bytes = GptqTensors.bytes(matrix, ZeroPoints.V1);
      for (int i = 0; i < announced.size(); i++) {
        TensorInfo stored = info(source, announced.get(i).name());
        assertThat(announced.get(i)).isEqualTo(stored);
        assertThat(bytes.get(i).mismatch(read(source, stored))).isEqualTo(-1);
      }
      assertThat(matrix.zeros()).containsOnly(8);
    }
  }

  private static TensorInfo info(TensorSource source, String name) {
    return source.tensors().stream()
        .filter(t -> t.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException(name));
  }

  private static MemorySegment read(TensorSource source, TensorInfo tensor) throws IOException {
    MemorySegment bytes = Arena.ofAuto().allocate(tensor.byteSize(), Long.BYTES);
    source.read(tensor, 0, bytes);
    return bytes;
  }

  @Test
  void piecesAreThoseOfTheWhole() throws IOException {
    Path model = GptqFixtures.checkpoint(directory);
    ModelFiles files = new ModelFiles(model);
    HfConfig config = HfConfig.read(files);
    Network network = Families.network(config);
    try (TensorSource source = Checkpoints.open(model)) {
      GptqCheckpoint checkpoint =
          GptqCheckpoint.of(
              GptqCheckpoint.quantization(files, config).orElseThrow(), network, source);
      Weights weights = checkpoint.find(MODULE + ".weight").orElseThrow();
      assertThat(weights.shape().toArray()).containsExactly(768, 256);
      MemorySegment whole = Arena.ofAuto().allocate(weights.byteSize(), Long.BYTES);
      weights.read(0, whole);
      for (long[] range : new long[][] {{0, 4}, {4 * 255, 8}, {40_000, 123_456}, {786_428, 4}}) {
        MemorySegment piece = Arena.ofAuto().allocate(range[1]);
        weights.read(range[0], piece);
        assertThat(piece.mismatch(whole.asSlice(range[0], range[1]))).isEqualTo(-1);
      }
      assertThat(checkpoint.find(MODULE + ".qweight")).isEmpty();
      assertThat(checkpoint.warnings()).isEmpty();
    }
  }

  /** Rewrites the zero points as v2 has them, whatever the label says. */
  private static void toV2(Path model) throws IOException {
    Path target = model.resolve("v2.safetensors");
    try (TensorSource source = Checkpoints.open(model)) {
      List<TensorInfo> tensors = new ArrayList<>(source.tensors());
      try (SafetensorsWriter writer = SafetensorsWriter.create(target, Map.of(), tensors)) {
        for (int t = 0; t < tensors.size(); t++) {
          MemorySegment bytes = read(source, tensors.get(t));
          if (tensors.get(t).name().endsWith("qzeros")) {
            for (long i = 0; i < bytes.byteSize() / Integer.BYTES; i++) {
              int word = bytes.getAtIndex(ValueLayout.JAVA_INT, i);
              assertThat(word).isEqualTo(0x77777777);
              bytes.setAtIndex(ValueLayout.JAVA_INT, i, 0x88888888);
            }
          }
          writer.write(t, 0, bytes);
        }
        writer.commit();
      }
    }
    Files.move(
        target,
        model.resolve("model.safetensors"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static List<String> warnings(Path model) throws IOException {
    ModelFiles files = new ModelFiles(model);
    HfConfig config = HfConfig.read(files);
    HfConfig quantization = GptqCheckpoint.quantization(files, config).orElseThrow();
    try (TensorSource source = Checkpoints.open(model)) {
      return GptqCheckpoint.of(quantization, Families.network(config), source).warnings();
    }
  }

  private static void replace(Path file, String old, String text) throws IOException {
    String content = Files.readString(file);
    assertThat(content).contains(old);
    Files.writeString(file, content.replace(old, text));
  }

  @Test
  void zeroPointsCountAndNotTheirLabel() throws IOException {
    Path model = GptqFixtures.checkpoint(directory);
    toV2(model);

    assertThat(logitDifference(model)).isLessThan(1e-4);
    assertThat(warnings(model))
        .singleElement()
        .asString()
        .contains("format gptq, but the zero points are those of gptq_v2");

    replace(model.resolve("config.json"), "_format\": \"gptq\"", "_format\": \"gptq_v2\"");
    assertThat(logitDifference(model)).isLessThan(1e-4);
    assertThat(warnings(model)).isEmpty();
  }

  @Test
  void quantizeConfigIsEnough() throws IOException {
    Path model = GptqFixtures.checkpoint(directory);
    replace(model.resolve("config.json"), "\"quantization_config\"", "\"something_else\"");

    assertThat(logitDifference(model)).isLessThan(1e-4);
  }

  @Test
  void contradictionsAreRefused() throws IOException {
    Path model = GptqFixtures.checkpoint(directory);
    replace(model.resolve("config.json"), "\"bits\": 4", "\"bits\": 8");
    assertThatThrownBy(() -> warnings(model))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("do not fit each other and 8 bits");

    replace(model.resolve("config.json"), "\"bits\": 8", "\"bits\": 4");
    replace(model.resolve("config.json"), "_format\": \"gptq\"", "_format\": \"marlin\"");
    assertThatThrownBy(() -> warnings(model))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("'marlin' is not supported");
  }

  @Test
  void aCheckpointWithoutCodesIsRefused() throws IOException {
    Path model = GptqFixtures.checkpoint(directory);
    ModelFiles files = new ModelFiles(model);
    HfConfig config = HfConfig.read(files);
    HfConfig quantization = GptqCheckpoint.quantization(files, config).orElseThrow();
    try (TensorSource source = Checkpoints.open(GptqFixtures.MODEL)) {
      assertThatThrownBy(() -> GptqCheckpoint.of(quantization, Families.network(config), source))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("has no qweight");
    }
  }

  @Test
  void otherCheckpointsAreNotTaken() throws IOException {
    ModelFiles files = new ModelFiles(GptqFixtures.MODEL);
    HfConfig config = HfConfig.read(files);

    assertThat(GptqCheckpoint.quantization(files, config)).isEmpty();
    try (TensorSource source = Checkpoints.open(GptqFixtures.MODEL)) {
      assertThat(
              CheckpointWeights.of(config, Families.network(config), source)
                  .find(MODULE + ".weight"))
          .isPresent();
    }
  }
}
