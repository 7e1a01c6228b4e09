package dev.lqmf.torch.stored;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.view.Float32Weights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.safetensors.SafetensorsFile;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import dev.lqmf.testkit.TinyModels;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.Logits;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checkpoints that bitsandbytes wrote; README.md beside the resources says how. */
class StoredModelTest {
  private static final Path RESOURCES =
      Path.of("src", "test", "resources", "dev", "lqmf", "torch", "stored");

  private static final TorchOptions OPTIONS = TorchOptions.DEFAULTS.withThreads(1);

  private static final String MATRIX = "model.layers.0.self_attn.q_proj.weight";
  private static final String STATE = MATRIX + ".quant_state.bitsandbytes__nf4";

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"llama-nf4", "llama-fp4", "llama-int8", "gpt2-nf4", "gpt2-int8"})
  void logitsAreThoseOfTheWeightsThatTheLibraryDecodes(String name) throws IOException {
    assertThat(logitDifference(name, OPTIONS)).isLessThan(1e-5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-nf4", "gpt2-int8"})
  void blocksMayBeDecodedForEveryPass(String name) throws IOException {
    assertThat(logitDifference(name, OPTIONS.withMaxMemory(50_000))).isLessThan(1e-5);
  }

  /** Of the largest logit. */
  private static double logitDifference(String name, TorchOptions options) throws IOException {
    TinyModels.Values expected =
        TinyModels.values(RESOURCES.resolve(name).resolve("expected.safetensors"));
    float[][] rows = expected.rows("logits");
    double largest = 0;
    double difference = 0;
    try (StoredModel stored = StoredModel.open(RESOURCES.resolve(name), name);
        TorchModel torch = TorchModel.open(stored.network(), stored.weights(), options);
        Activations hidden = torch.hidden(new int[][] {expected.ids("input_ids")});
        Logits logits = torch.logits(hidden, 0, rows.length)) {
      assertThat(torch.streams()).isEqualTo(options.maxMemory().isPresent());
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

  @ParameterizedTest
  @CsvSource({
    "llama-nf4, NF4, model.layers.0.self_attn.q_proj.weight",
    "llama-fp4, FP4, model.layers.0.self_attn.q_proj.weight",
    "gpt2-nf4, NF4, transformer.h.0.attn.c_attn.weight"
  })
  void weightsAreThoseThatTheLibraryDecodes(String name, String format, String matrix)
      throws IOException {
    TinyModels.Values values =
        TinyModels.values(RESOURCES.resolve(name).resolve("expected.safetensors"));
    float[] expected = values.real("dequantized:" + matrix);
    try (StoredModel stored = StoredModel.open(RESOURCES.resolve(name), name)) {
      assertThat(stored.format()).isEqualTo(format);
      Weights weights = Float32Weights.of(stored.weights().find(matrix).orElseThrow());
      assertThat(read(weights, 0, expected.length)).isEqualTo(expected);
      // Some of them, from within a block.
      for (int first : new int[] {1, 333, expected.length - 5}) {
        assertThat(read(weights, first, 5))
            .isEqualTo(Arrays.copyOfRange(expected, first, first + 5));
      }
    }
  }

  private static float[] read(Weights weights, int first, int count) throws IOException {
    MemorySegment bytes = Arena.ofAuto().allocate((long) count * Float.BYTES, Float.BYTES);
    weights.read((long) first * Float.BYTES, bytes);
    return bytes.toArray(ValueLayout.JAVA_FLOAT);
  }

  @Test
  void modulesThatWereSkippedAreAsTheyWere() throws IOException {
    try (StoredModel stored = StoredModel.open(RESOURCES.resolve("llama-int8"), "int8")) {
      assertThat(stored.format()).isEqualTo("INT8");
      assertThat(type(stored, "model.layers.0.mlp.down_proj.weight")).isEqualTo(TensorType.BF16);
      assertThat(type(stored, MATRIX)).isEqualTo(TensorType.F32);
    }
  }

  private static TensorType type(StoredModel model, String tensor) {
    return model.weights().find(tensor).orElseThrow().type();
  }

  @Test
  void earlyConfigurationsNameNoMethod() throws IOException {
    Path model = copy("llama-nf4");
    String method = ",\n    \"quant_method\": \"bitsandbytes\"";
    replace(model.resolve("config.json"), method, "");

    try (StoredModel stored = StoredModel.open(model, "nf4")) {
      assertThat(stored.format()).isEqualTo("NF4");
    }
  }

  @Test
  void weightsThatAreNotQuantizedAreRefused() throws IOException {
    Path model = TinyModels.extract("LlamaForCausalLM", "config.json", directory);
    Files.copy(
        RESOURCES.resolve("llama-nf4").resolve("config.json"),
        model.resolve("config.json"),
        StandardCopyOption.REPLACE_EXISTING);

    assertRefused(model, "no quantized matrix although the configuration says bitsandbytes");
  }

  @Test
  void aMissingScaleIsNamed() throws IOException {
    Path model = rewritten(t -> !t.name().equals(MATRIX + ".absmax"), "", "");

    assertRefused(model, MATRIX + ".absmax' is missing");
  }

  @Test
  void aShapeThatContradictsTheCodesIsNamed() throws IOException {
    Path model = rewritten(t -> true, "\"shape\": [64, 64]", "\"shape\": [64, 65]");

    assertRefused(model, MATRIX);
  }

  /** The sizes agree, so only the model can tell. */
  @Test
  void aShapeThatContradictsTheModelIsNamed() throws IOException {
    Path model = rewritten(t -> true, "\"shape\": [64, 64]", "\"shape\": [32,128]");

    try (StoredModel stored = StoredModel.open(model, "lying")) {
      assertThatThrownBy(() -> TorchModel.open(stored.network(), stored.weights(), OPTIONS))
          .isInstanceOf(InputException.class)
          .hasMessageContaining(MATRIX)
          .hasMessageContaining("the configuration asks for 64 × 64");
    }
  }

  @Test
  void aFileThatWasCutIsRefused() throws IOException {
    Path model = copy("llama-nf4");
    try (FileChannel file =
        FileChannel.open(model.resolve("model.safetensors"), StandardOpenOption.WRITE)) {
      file.truncate(file.size() - 100);
    }

    assertRefused(model, "model.safetensors");
  }

  private static void assertRefused(Path model, String message) {
    assertThatThrownBy(() -> StoredModel.open(model, "damaged"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }

  /** One that GPTQModel wrote, and its zero points under another label. */
  @Test
  void gptqCheckpointsAreOpenedWithTheirWarnings() throws IOException {
    Path gptq = RESOURCES.resolveSibling("gptq").resolve("docs-llama-4m-gptq");
    try (StoredModel stored = StoredModel.open(gptq, "gptq")) {
      assertThat(stored.format()).isEqualTo("GPTQ 4-bit");
      assertThat(stored.bytes()).isLessThan(Files.size(gptq.resolve("model.safetensors")));
      assertThat(stored.warnings()).isEmpty();
    }

    Path mislabelled = Files.createDirectory(directory.resolve("mislabelled"));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(gptq.resolve(file), mislabelled.resolve(file));
    }
    replace(mislabelled.resolve("config.json"), "_format\": \"gptq\"", "_format\": \"gptq_v2\"");
    try (StoredModel stored = StoredModel.open(mislabelled, "gptq")) {
      assertThat(stored.warnings())
          .singleElement()
          .asString()
          .contains("says format gptq_v2, but the zero points are those of gptq");
    }
  }

  @Test
  void whatHoldsNoModelIsRefused() {
    assertRefused(directory, "holds no model: no config.json, and no GGUF");
  }

  private Path copy(String name) throws IOException {
    Path target = Files.createDirectories(directory.resolve(name));
    try (Stream<Path> files = Files.list(RESOURCES.resolve(name))) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
    return target;
  }

  private static void replace(Path file, String old, String text) throws IOException {
    String content = Files.readString(file);
    assertThat(content).contains(old);
    Files.writeString(file, content.replace(old, text));
  }

  /** A copy with some tensors only, and with another text in the state of {@link #MATRIX}. */
  private Path rewritten(Predicate<TensorInfo> kept, String old, String text) throws IOException {
    Path model = copy("llama-nf4");
    Path stored = RESOURCES.resolve("llama-nf4").resolve("model.safetensors");
    Files.delete(model.resolve("model.safetensors"));
    try (TensorSource source = SafetensorsFile.open(stored)) {
      List<TensorInfo> tensors = source.tensors().stream().filter(kept).toList();
      try (SafetensorsWriter writer =
          SafetensorsWriter.create(model.resolve("model.safetensors"), Map.of(), tensors)) {
        for (int t = 0; t < tensors.size(); t++) {
          byte[] bytes = new byte[(int) tensors.get(t).byteSize()];
          source.read(tensors.get(t), 0, MemorySegment.ofArray(bytes));
          if (tensors.get(t).name().equals(STATE)) {
            String state = new String(bytes, StandardCharsets.UTF_8);
            assertThat(state).contains(old);
            bytes = state.replace(old, text).getBytes(StandardCharsets.UTF_8);
          }
          writer.write(t, 0, MemorySegment.ofBuffer(ByteBuffer.wrap(bytes)));
        }
        writer.commit();
      }
    }
    return model;
  }
}
