package dev.lqmf.factory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.Float32Weights;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.testkit.TinyModels;
import dev.lqmf.torch.ComputeDevice;
import dev.lqmf.torch.gptq.LayerReport;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GptqMethodTest {
  private static final Path EXAMPLE = Path.of("../examples/models/docs-llama-4m");

  @TempDir Path directory;

  @Test
  void theDirectoryHasTheLayoutAndAllThatTransformersNeeds() throws IOException {
    List<LayerReport> layers = new ArrayList<>();
    OutputReport output = quantize(EXAMPLE, options(4, 128, true, false), collect(layers));

    assertThat(output.directory()).isEqualTo(directory.resolve("docs-llama-4m_gptq_4bit"));
    assertThat(names(output.directory()))
        .containsExactly(
            "config.json",
            "generation_config.json",
            "model.safetensors",
            "quantize_config.json",
            "recipe.json",
            "summary.json",
            "tokenizer.json",
            "tokenizer_config.json");
    JsonNode quantization = json(output.directory().resolve("config.json"), "quantization_config");
    assertThat(quantization.get("quant_method").asString()).isEqualTo("gptq");
    assertThat(quantization.get("checkpoint_format").asString()).isEqualTo("gptq");
    assertThat(quantization.get("bits").asInt()).isEqualTo(4);
    assertThat(quantization)
        .isEqualTo(
            JsonMapper.shared()
                .readTree(Files.readString(output.directory().resolve("quantize_config.json"))));
    Map<String, String> tensors = tensors(output.directory());
    assertThat(tensors)
        .containsEntry("model.layers.0.self_attn.q_proj.qweight", "I32 32 × 256")
        .containsEntry("model.layers.0.self_attn.q_proj.qzeros", "I32 2 × 32")
        .containsEntry("model.layers.0.self_attn.q_proj.scales", "F16 2 × 256")
        .containsEntry("model.layers.0.self_attn.q_proj.g_idx", "I32 256")
        .containsKey("model.embed_tokens.weight")
        .doesNotContainKey("model.layers.0.self_attn.q_proj.weight");
    assertThat(layers).hasSize(28).allMatch(l -> l.loss() > 0 && !l.reused());
  }

  @ParameterizedTest
  @CsvSource({
    "2, 64, true, false, _gptq_2bit_g64, 0.9",
    "3, 32, true, true, _gptq_3bit_g32_act, 0.4",
    "4, -1, false, false, _gptq_4bit_g-1_asym, 0.2",
    "8, 128, false, true, _gptq_8bit_asym_act, 0.02"
  })
  void everyChoiceIsReadBackAsNearlyTheSameWeights(
      int bits, int group, boolean symmetric, boolean descAct, String suffix, double error)
      throws IOException {
    OutputReport output = quantize(EXAMPLE, options(bits, group, symmetric, descAct), _ -> {});

    assertThat(output.directory().getFileName()).hasToString("docs-llama-4m" + suffix);
    assertThat(worstError(EXAMPLE, output.directory())).isBetween(error / 20, error);
  }

  /** Names and layouts of all families, encoder-decoders and experts among them. */
  @ParameterizedTest
  @FieldSource("dev.lqmf.testkit.TinyModels#NAMES")
  void everyArchitectureIsQuantized(String name) throws IOException {
    Path model = tiny(name);
    WideModels.widen(model);

    OutputReport output = quantize(model, small(8, false), _ -> {});

    // What a ReLU never lets through has no weight afterwards, as in the reference.
    double most = name.equals("OPTForCausalLM") ? 0.2 : 0.03;
    assertThat(worstError(model, output.directory())).isLessThan(most);
    Network network = Families.network(new ModelFiles(model));
    assertThat(tensors(output.directory()).keySet())
        .filteredOn(t -> t.endsWith(".qweight"))
        .hasSize((int) network.linears().count());
  }

  /**
   * Transformers quantizes what is below the blocks it knows, so it is told where that is not so.
   */
  @Test
  void theConfigurationTellsWhichModulesAreQuantized() throws IOException {
    JsonNode usual = quantization("LlamaForCausalLM");
    assertThat(usual.has("block_name_to_quantize")).isFalse();
    assertThat(usual.has("dynamic")).isFalse();

    JsonNode both = quantization("T5ForConditionalGeneration");
    assertThat(both.get("block_name_to_quantize").asString()).isEmpty();
    assertThat(both.get("modules_in_block_to_quantize").get(0).valueStream())
        .extracting(JsonNode::asString)
        .contains("layer.0.SelfAttention.q", "layer.1.EncDecAttention.v")
        .doesNotContain("lm_head");

    JsonNode encoder = quantization("BertForMaskedLM");
    assertThat(encoder.get("block_name_to_quantize").asString()).isEqualTo("bert.encoder.layer");

    JsonNode experts = quantization("MixtralForCausalLM");
    assertThat(experts.get("dynamic").propertyNames())
        .containsExactly("-:^model\\.layers\\.\\d+\\.mlp\\.gate$");

    // Of Gemma's layers, the keys and values are 48 wide.
    Path model = tiny("Gemma2ForCausalLM");
    JsonNode some =
        json(
            quantize(model, small(8, false), _ -> {}).directory().resolve("config.json"),
            "quantization_config");
    assertThat(some.get("block_name_to_quantize").asString()).isEqualTo("model.layers");
    assertThat(some.get("modules_in_block_to_quantize").get(0).valueStream())
        .extracting(JsonNode::asString)
        .contains("self_attn.q_proj", "mlp.down_proj")
        .doesNotContain("self_attn.k_proj");
    assertThat(some.get("dynamic").propertyNames())
        .contains("-:^model\\.layers\\.1\\.self_attn\\.k_proj$");
  }

  private JsonNode quantization(String name) throws IOException {
    Path model = tiny(name);
    WideModels.widen(model);
    return json(
        quantize(model, small(8, false), _ -> {}).directory().resolve("config.json"),
        "quantization_config");
  }

  /** GPTQModel 7.7 reads no others: its Mixtral is that of Transformers 5. */
  @Test
  void expertsOfMixtralHaveTheNamesThatGptqModelWrites() throws IOException {
    Path model = tiny("MixtralForCausalLM");

    OutputReport output = quantize(model, small(8, false), _ -> {});

    assertThat(tensors(output.directory()))
        .containsKeys(
            "model.layers.0.mlp.gate.weight",
            "model.layers.1.mlp.experts.3.gate_proj.qweight",
            "model.layers.1.mlp.experts.3.up_proj.scales",
            "model.layers.1.mlp.experts.3.down_proj.g_idx");
    assertThat(worstError(model, output.directory())).isLessThan(0.03);
  }

  @Test
  void theHeadIsQuantizedIfAskedFor() throws IOException {
    Path model = tiny("LlamaForCausalLM");

    OutputReport output = quantize(model, small(8, true), _ -> {});

    assertThat(tensors(output.directory()))
        .containsKey("lm_head.qweight")
        .doesNotContainKey("lm_head.weight");
    assertThat(
            json(output.directory().resolve("config.json"), "quantization_config")
                .get("lm_head")
                .asBoolean())
        .isTrue();
    assertThat(worstError(model, output.directory())).isLessThan(0.03);

    GptqOptions tied =
        new GptqOptions(
            GptqSettings.DEFAULTS,
            2,
            OptionalInt.of(64),
            Optional.empty(),
            true,
            ComputeDevice.CPU);
    assertThatThrownBy(() -> quantize(EXAMPLE, tied, _ -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--lm-head does not apply");
  }

  @Test
  void anInterruptedRunIsGoneOnWithAndGivesTheSameBytes() throws IOException {
    GptqOptions options = options(3, 64, true, true);
    Map<String, String> whole =
        hashes(quantize(EXAMPLE, options, directory.resolve("whole"), _ -> {}, 1).directory());
    Path root = directory.resolve("resumed");
    int[] seen = new int[1];
    Consumer<JobEvent> kill =
        event -> {
          if (event instanceof JobEvent.LayerQuantized && ++seen[0] == 9) {
            throw new IllegalStateException("killed");
          }
        };
    assertThatThrownBy(() -> quantize(EXAMPLE, options, root, kill, 2)).hasMessage("killed");
    assertThat(names(root)).containsExactly(".docs-llama-4m_gptq_3bit_g64_act.kept");

    List<LayerReport> layers = new ArrayList<>();
    OutputReport output = quantize(EXAMPLE, options, root, collect(layers), 2);

    assertThat(layers.stream().filter(LayerReport::reused)).hasSize(9);
    assertThat(hashes(output.directory())).isEqualTo(whole);
    assertThat(names(root)).containsExactly("docs-llama-4m_gptq_3bit_g64_act");
    assertThat(quantize(EXAMPLE, options, root, _ -> {}, 1).reused()).isTrue();
  }

  @Test
  void whatAnotherRecipeKeptIsNotUsed() throws IOException {
    Consumer<JobEvent> kill =
        event -> {
          if (event instanceof JobEvent.LayerQuantized) {
            throw new IllegalStateException("killed");
          }
        };
    assertThatThrownBy(() -> quantize(EXAMPLE, options(4, 128, true, false), kill))
        .hasMessage("killed");
    GptqOptions other =
        new GptqOptions(
            GptqSettings.DEFAULTS,
            3,
            OptionalInt.of(64),
            Optional.empty(),
            false,
            ComputeDevice.CPU);
    List<LayerReport> layers = new ArrayList<>();

    quantize(EXAMPLE, other, collect(layers));

    assertThat(layers).hasSize(28).noneMatch(LayerReport::reused);
  }

  @Test
  void whatCannotBeDoneIsRefused() throws IOException {
    GptqOptions options = options(4, 128, true, false);
    OutputReport done = quantize(EXAMPLE, options, _ -> {});
    assertThatThrownBy(() -> quantize(done.directory(), options, _ -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("quantized already (gptq)");

    Path text = Files.writeString(directory.resolve("short.txt"), "Too short.");
    GptqOptions tooShort =
        new GptqOptions(
            GptqSettings.DEFAULTS,
            2,
            OptionalInt.of(64),
            Optional.of(text),
            false,
            ComputeDevice.CPU);
    assertThatThrownBy(() -> quantize(EXAMPLE, tooShort, _ -> {}))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("short.txt has");
  }

  /** The text that comes with the program fills what is usual. */
  @Test
  void theCalibrationTextIsLongEnough() throws IOException {
    GptqOptions usual =
        new GptqOptions(
            GptqSettings.DEFAULTS,
            GptqOptions.DEFAULT_SAMPLES,
            OptionalInt.of(512),
            Optional.empty(),
            false,
            ComputeDevice.CPU);
    List<JobEvent> events = new ArrayList<>();
    QuantizeRequest request =
        QuantizeRequest.of(EXAMPLE.toString(), new GptqMethod(usual))
            .outputRoot(directory)
            .dryRun(true)
            .build();

    new QuantizeJob(request, new ScalarKernels()).run(events::add);

    JobEvent.Planned planned =
        events.stream()
            .filter(JobEvent.Planned.class::isInstance)
            .map(JobEvent.Planned.class::cast)
            .findFirst()
            .orElseThrow();
    assertThat(planned.plan().outputs().getFirst().warnings()).isEmpty();
  }

  private static GptqOptions options(int bits, int group, boolean symmetric, boolean descAct) {
    return new GptqOptions(
        new GptqSettings(bits, group, symmetric, descAct, false, 0.05),
        4,
        OptionalInt.of(64),
        Optional.empty(),
        false,
        ComputeDevice.CPU);
  }

  /** For tiny models, with a text of the words of {@link #tiny}. */
  private GptqOptions small(int bits, boolean head) throws IOException {
    String words =
        IntStream.range(0, 512)
            .mapToObj(i -> "w" + (3 + i * i % 97))
            .collect(Collectors.joining(" "));
    return new GptqOptions(
        new GptqSettings(bits, 32, true, false, false, 0.05),
        16,
        OptionalInt.of(16),
        Optional.of(Files.writeString(directory.resolve("words.txt"), words)),
        head,
        ComputeDevice.CPU);
  }

  /** A tiny model with a tokenizer of a hundred words. */
  private Path tiny(String name) throws IOException {
    Path model = TinyModels.extract(name, "config.json", directory);
    Files.delete(model.resolve("expected.safetensors"));
    String vocabulary =
        IntStream.range(1, 101)
            .mapToObj(i -> "\"w%d\": %d".formatted(i, i))
            .collect(Collectors.joining(", "));
    Files.writeString(
        model.resolve("tokenizer.json"),
        "{\"version\": \"1.0\", \"added_tokens\": [], \"normalizer\": null, \"pre_tokenizer\":"
            + " {\"type\": \"Whitespace\"}, \"post_processor\": null, \"decoder\": null, \"model\":"
            + " {\"type\": \"WordLevel\", \"unk_token\": \"[UNK]\", \"vocab\": {\"[UNK]\": 0, "
            + vocabulary
            + "}}}");
    return model;
  }

  private OutputReport quantize(Path model, GptqOptions options, Consumer<JobEvent> listener)
      throws IOException {
    return quantize(model, options, directory, listener, 1);
  }

  private static OutputReport quantize(
      Path model, GptqOptions options, Path root, Consumer<JobEvent> listener, int threads)
      throws IOException {
    QuantizeRequest request =
        QuantizeRequest.of(model.toString(), new GptqMethod(options))
            .outputRoot(root)
            .threads(threads)
            .build();
    return new QuantizeJob(request, new ScalarKernels()).run(listener).outputs().getFirst();
  }

  private static Consumer<JobEvent> collect(List<LayerReport> layers) {
    return event -> {
      if (event instanceof JobEvent.LayerQuantized l) {
        layers.add(l.layer());
      }
    };
  }

  /** The largest relative error of a linear layer, head included. */
  private static double worstError(Path original, Path quantized) throws IOException {
    Network network = Families.network(HfConfig.read(new ModelFiles(original)));
    double worst = 0;
    try (StoredModel before = StoredModel.open(original, "before");
        StoredModel after = StoredModel.open(quantized, "after")) {
      assertThat(after.warnings()).isEmpty();
      List<Linear> layers = new ArrayList<>(network.linears().toList());
      layers.add(network.head().projection());
      for (Linear layer : layers) {
        if (before.weights().find(layer.weight()).isPresent()) {
          worst = Math.max(worst, error(before, after, layer.weight()));
        }
      }
    }
    return worst;
  }

  private static double error(StoredModel before, StoredModel after, String name)
      throws IOException {
    float[] expected = floats(before, name);
    float[] actual = floats(after, name);
    assertThat(actual).as(name).hasSameSizeAs(expected);
    double error = 0;
    double square = 0;
    for (int i = 0; i < expected.length; i++) {
      error += Math.pow(actual[i] - expected[i], 2);
      square += Math.pow(expected[i], 2);
    }
    return Math.sqrt(error / square);
  }

  private static float[] floats(StoredModel model, String name) throws IOException {
    var weights = Float32Weights.of(model.weights().find(name).orElseThrow());
    float[] values = new float[Math.toIntExact(weights.shape().elements())];
    weights.read(0, MemorySegment.ofArray(values));
    return values;
  }

  private static JsonNode json(Path file, String key) throws IOException {
    return JsonMapper.shared().readTree(Files.readString(file)).get(key);
  }

  private static Map<String, String> tensors(Path model) throws IOException {
    Map<String, String> tensors = new LinkedHashMap<>();
    try (TensorSource source = Checkpoints.open(model)) {
      for (TensorInfo tensor : source.tensors()) {
        tensors.put(tensor.name(), tensor.type() + " " + tensor.shape());
      }
    }
    return tensors;
  }

  /** All files but the summary, which has times. */
  private static Map<String, String> hashes(Path result) throws IOException {
    Map<String, String> hashes = new TreeMap<>();
    for (String name : names(result)) {
      if (!name.equals("summary.json")) {
        hashes.put(name, Hashes.sha256(Files.readAllBytes(result.resolve(name))));
      }
    }
    return hashes;
  }

  private static List<String> names(Path root) throws IOException {
    try (Stream<Path> files = Files.list(root)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}
