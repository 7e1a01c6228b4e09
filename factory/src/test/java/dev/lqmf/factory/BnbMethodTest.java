package dev.lqmf.factory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.bnb.BnbCheckpoint;
import dev.lqmf.quant.bnb.BnbOptions;
import dev.lqmf.quant.bnb.FourBitFormat;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import dev.lqmf.testkit.TinyModels;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.Logits;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class BnbMethodTest {
  private static final Path EXAMPLE = Path.of("../examples/models/docs-llama-4m");
  private static final Path GOLDEN =
      Path.of("src/test/resources/dev/lqmf/factory/bnb/checkpoints.txt");
  private static final BnbOptions EIGHT =
      new BnbOptions(8, FourBitFormat.NF4, 64, true, TensorType.U8, List.of());

  @TempDir Path directory;

  /** Every tensor, byte for byte, as the library saves the same model. */
  @ParameterizedTest
  @CsvSource({"4, docs-llama-4m-nf4, 1", "4, docs-llama-4m-nf4, 3", "8, docs-llama-4m-int8, 2"})
  void aWholeCheckpointIsThatOfTheLibrary(int bits, String golden, int threads) throws IOException {
    OutputReport output = quantize(EXAMPLE, bits == 4 ? BnbOptions.DEFAULT : EIGHT, threads);

    Map<String, String> expected = new TreeMap<>();
    for (String line : Files.readAllLines(GOLDEN)) {
      String[] parts = line.split(" ", -1);
      if (parts[0].equals(golden)) {
        expected.put(parts[1], String.join(" ", Arrays.copyOfRange(parts, 2, 5)));
      }
    }
    assertThat(expected).hasSizeGreaterThan(90);
    assertThat(hashes(output.directory())).isEqualTo(expected);
    assertThat(output.directory())
        .isEqualTo(directory.resolve("docs-llama-4m_bnb_" + bits + "bit"));
  }

  /**
   * Read back, a checkpoint gives the logits of the library's weights; those of its own arithmetic,
   * which rounds activations as well, are as near as these are to each other.
   */
  @ParameterizedTest
  @CsvSource({"4, docs-llama-4m-nf4, 0.0065", "8, docs-llama-4m-int8, 0.02"})
  void logitsAreThoseOfTheLibrary(int bits, String golden, double rounding) throws IOException {
    Path made = quantize(EXAMPLE, bits == 4 ? BnbOptions.DEFAULT : EIGHT, 2).directory();
    TinyModels.Values expected = TinyModels.values(GOLDEN.resolveSibling(golden + ".safetensors"));
    int[] ids = expected.ids("input_ids");
    float[][] weights = expected.rows("logits");

    try (StoredModel stored = StoredModel.open(made, golden);
        TorchModel torch =
            TorchModel.open(
                stored.network(), stored.weights(), TorchOptions.DEFAULTS.withThreads(1));
        Activations hidden = torch.hidden(new int[][] {ids});
        Logits logits = torch.logits(hidden, ids.length - weights.length, weights.length)) {
      float[][] found = logits.toArrays();

      assertThat(difference(found, weights)).isLessThan(1e-4);
      assertThat(difference(found, expected.rows("logits_runtime"))).isBetween(1e-3, rounding);
    }
  }

  /** Of the largest logit. */
  private static double difference(float[][] found, float[][] expected) {
    double largest = 0;
    double difference = 0;
    for (int r = 0; r < expected.length; r++) {
      for (int c = 0; c < expected[r].length; c++) {
        largest = Math.max(largest, Math.abs(expected[r][c]));
        difference = Math.max(difference, Math.abs(expected[r][c] - found[r][c]));
      }
    }
    return difference / largest;
  }

  @Test
  void theDirectoryHasAllThatTransformersNeeds() throws IOException {
    OutputReport output = quantize(EXAMPLE, BnbOptions.DEFAULT, 2);

    assertThat(names(output.directory()))
        .contains(
            "config.json",
            "generation_config.json",
            "model.safetensors",
            "recipe.json",
            "summary.json",
            "tokenizer.json",
            "tokenizer_config.json");
    for (String copied : List.of("tokenizer.json", "generation_config.json")) {
      assertThat(output.directory().resolve(copied))
          .hasSameBinaryContentAs(EXAMPLE.resolve(copied));
    }
    JsonNode config = json(output.directory().resolve("config.json"));
    JsonNode quantization = config.get("quantization_config");
    assertThat(quantization.get("quant_method").asString()).isEqualTo("bitsandbytes");
    assertThat(quantization.get("load_in_4bit").asBoolean()).isTrue();
    assertThat(quantization.get("load_in_8bit").asBoolean()).isFalse();
    assertThat(quantization.get("bnb_4bit_quant_type").asString()).isEqualTo("nf4");
    assertThat(quantization.get("bnb_4bit_use_double_quant").asBoolean()).isTrue();
    assertThat(quantization.get("bnb_4bit_compute_dtype").asString()).isEqualTo("bfloat16");
    assertThat(quantization.get("llm_int8_skip_modules").isNull()).isTrue();
    JsonNode before = json(EXAMPLE.resolve("config.json"));
    before
        .propertyNames()
        .forEach(name -> assertThat(config.get(name)).as(name).isEqualTo(before.get(name)));
    JsonNode summary = json(output.directory().resolve("summary.json"));
    for (JsonNode file : summary.get("files")) {
      assertThat(Files.size(output.directory().resolve(file.get("name").asString())))
          .isEqualTo(file.get("bytes").asLong());
    }
  }

  @Test
  void aFinishedResultIsRecognizedAndADamagedOneMadeAgain() throws IOException {
    OutputReport first = quantize(EXAMPLE, BnbOptions.DEFAULT, 2);
    Path weights = first.directory().resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);

    assertThat(quantize(EXAMPLE, BnbOptions.DEFAULT, 1).reused()).isTrue();

    Files.delete(first.directory().resolve("config.json"));
    OutputReport again = quantize(EXAMPLE, BnbOptions.DEFAULT, 1);
    assertThat(again.reused()).isFalse();
    assertThat(Files.readAllBytes(weights)).isEqualTo(bytes);

    BnbOptions other = new BnbOptions(4, FourBitFormat.FP4, 128, true, TensorType.U8, List.of());
    assertThatThrownBy(() -> quantize(EXAMPLE, other, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("another recipe");
  }

  @Test
  void theFilesAreShardedAsTheInput() throws IOException {
    Path model = model("{\"model_type\": \"x\", \"dtype\": \"float32\"}");
    write(model, "model-00001-of-00002.safetensors", Map.of("a.q_proj.weight", Shape.of(32, 64)));
    write(
        model,
        "model-00002-of-00002.safetensors",
        Map.of("a.norm.weight", Shape.of(64), "b.o_proj.weight", Shape.of(64, 32)));
    Files.writeString(
        model.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {\"a.q_proj.weight\": \"model-00001-of-00002.safetensors\","
            + "\"a.norm.weight\": \"model-00002-of-00002.safetensors\","
            + "\"b.o_proj.weight\": \"model-00002-of-00002.safetensors\"}}");

    OutputReport output = quantize(model, BnbOptions.DEFAULT, 2);

    assertThat(names(output.directory()))
        .containsExactly(
            "config.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
            "recipe.json",
            "summary.json");
    try (BnbCheckpoint checkpoint = BnbCheckpoint.open(output.directory())) {
      assertThat(checkpoint.tensors())
          .extracting(TensorInfo::name)
          .containsExactly("a.q_proj.weight", "a.norm.weight", "b.o_proj.weight");
      assertThat(checkpoint.matrices()).isEqualTo(2);
    }
  }

  /** Transformers turns Conv1D's matrices before it quantizes them, and not when it loads them. */
  @Test
  void matricesOfConv1dAreTurnedUnlessTheyAreSkipped() throws IOException {
    Path model = model("{\"model_type\": \"gpt2\"}");
    write(
        model,
        "model.safetensors",
        Map.of("h.0.mlp.c_fc.weight", Shape.of(16, 64), "h.0.mlp.c_proj.weight", Shape.of(64, 16)));
    BnbOptions options =
        new BnbOptions(4, FourBitFormat.NF4, 64, true, TensorType.U8, List.of("c_proj"));

    OutputReport output = quantize(model, options, 1);

    try (BnbCheckpoint checkpoint = BnbCheckpoint.open(output.directory())) {
      assertThat(checkpoint.tensors())
          .extracting(t -> t.name() + " " + t.shape() + " " + checkpoint.format(t))
          .containsExactlyInAnyOrder(
              "h.0.mlp.c_fc.weight 64 × 16 NF4", "h.0.mlp.c_proj.weight 64 × 16 F32");
      float[] decoded = read(checkpoint, "h.0.mlp.c_fc.weight");
      try (TensorSource stored = Checkpoints.open(model)) {
        float[] values = read(stored, "h.0.mlp.c_fc.weight");
        for (int out = 0; out < 64; out++) {
          for (int in = 0; in < 16; in++) {
            assertThat(decoded[out * 16 + in]).isCloseTo(values[in * 64 + out], within(0.6f));
          }
        }
      }
    }
    JsonNode config = json(output.directory().resolve("config.json"));
    assertThat(config.get("torch_dtype").asString()).isEqualTo("float32");
    assertThat(config.get("quantization_config").get("llm_int8_skip_modules"))
        .extracting(JsonNode::asString)
        .containsExactly("lm_head", "h.0.mlp.c_proj");
  }

  @Test
  void expertsAndRoutersStayAndAreNamed() throws IOException {
    Path model = model("{\"model_type\": \"mixtral\"}");
    write(
        model,
        "model.safetensors",
        Map.of(
            "m.layers.0.attn.o_proj.weight", Shape.of(64, 64),
            "m.layers.0.moe.gate.weight", Shape.of(2, 64),
            "m.layers.0.moe.experts.0.w1.weight", Shape.of(64, 64),
            "m.layers.0.moe.experts.1.w1.weight", Shape.of(64, 64)));

    List<JobEvent> events = new ArrayList<>();
    OutputReport output = quantize(model, BnbOptions.DEFAULT, 1, events);

    try (BnbCheckpoint checkpoint = BnbCheckpoint.open(output.directory())) {
      assertThat(checkpoint.matrices()).isOne();
    }
    JsonNode config = json(output.directory().resolve("config.json"));
    assertThat(config.get("quantization_config").get("llm_int8_skip_modules"))
        .extracting(JsonNode::asString)
        .containsExactlyInAnyOrder("lm_head", "m.layers.0.moe.gate", "m.layers.0.moe.experts");
    assertThat(((JobEvent.Planned) events.getFirst()).plan().outputs().getFirst().warnings())
        .singleElement()
        .asString()
        .startsWith("2 matrices of experts stay");
  }

  @Test
  void storageMayBeBfloat16() throws IOException {
    BnbOptions options = new BnbOptions(4, FourBitFormat.NF4, 64, true, TensorType.BF16, List.of());
    OutputReport output = quantize(EXAMPLE, options, 2);

    String name = "model.layers.0.mlp.down_proj.weight";
    Map<String, String> hashes = hashes(output.directory());
    assertThat(hashes.get(name)).startsWith("BF16 49152x1 ");
    String bytes = String.valueOf(hashes.get(name)).replaceFirst(".* ", "");
    assertThat(Files.readString(GOLDEN))
        .contains("docs-llama-4m-nf4 " + name + " U8 98304x1 " + bytes);
    assertThat(
            json(output.directory().resolve("config.json"))
                .get("quantization_config")
                .get("bnb_4bit_quant_storage")
                .asString())
        .isEqualTo("bfloat16");
  }

  @Test
  void whatCannotBeMadeIsSaidBeforeAnythingIsWritten() throws IOException {
    Path falcon = model("{\"model_type\": \"falcon\"}");
    write(falcon, "model.safetensors", Map.of("h.0.dense.weight", Shape.of(64, 64)));
    assertRefused(falcon, BnbOptions.DEFAULT, "are of a class of their own");

    Path norms = model("{\"model_type\": \"x\"}");
    write(norms, "model.safetensors", Map.of("norm.weight", Shape.of(64)));
    assertRefused(norms, BnbOptions.DEFAULT, "has no linear layers");

    assertRefused(EXAMPLE, skipping("q_prok"), "--skip 'q_prok' names no linear layer");
    assertRefused(
        EXAMPLE,
        skipping("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
        "--skip leaves no linear layer");

    Path quantized = model("{\"quantization_config\": {\"quant_method\": \"gptq\"}}");
    write(quantized, "model.safetensors", Map.of("x.weight", Shape.of(64, 64)));
    assertRefused(quantized, BnbOptions.DEFAULT, "are quantized already (gptq)");

    assertRefused(
        TinyModel.write(directory.resolve("t.gguf"), TensorType.BF16, 1, 1),
        BnbOptions.DEFAULT,
        "is no Hugging Face checkpoint");
    assertThat(directory.resolve("results")).doesNotExist();
  }

  @Test
  void aDryRunWritesNothingAndTellsTheSizes() throws IOException {
    List<JobEvent> events = new ArrayList<>();
    QuantizeRequest request =
        QuantizeRequest.of(EXAMPLE.toString(), new BnbMethod(BnbOptions.DEFAULT))
            .outputRoot(directory.resolve("results"))
            .dryRun(true)
            .build();
    new QuantizeJob(request, new ScalarKernels()).run(events::add);

    OutputPlan plan = ((JobEvent.Planned) events.getFirst()).plan().outputs().getFirst();
    assertThat(plan.type()).isEqualTo("NF4");
    assertThat(directory.resolve("results")).doesNotExist();
    long planned = plan.files().getFirst().bytes();
    OutputReport made = quantize(EXAMPLE, BnbOptions.DEFAULT, 1);
    // Each of the 28 offsets may need a few digits less than planned.
    assertThat(planned - Files.size(made.files().getFirst())).isBetween(0L, 28L * 10);
  }

  private static BnbOptions skipping(String... modules) {
    return new BnbOptions(4, FourBitFormat.NF4, 64, true, TensorType.U8, List.of(modules));
  }

  private void assertRefused(Path model, BnbOptions options, String problem) {
    assertThatThrownBy(() -> quantize(model, options, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(problem);
  }

  private OutputReport quantize(Path model, BnbOptions options, int threads) throws IOException {
    return quantize(model, options, threads, new ArrayList<>());
  }

  private OutputReport quantize(Path model, BnbOptions options, int threads, List<JobEvent> events)
      throws IOException {
    QuantizeRequest request =
        QuantizeRequest.of(model.toString(), new BnbMethod(options))
            .outputRoot(directory)
            .threads(threads)
            .build();
    return new QuantizeJob(request, new ScalarKernels()).run(events::add).outputs().getFirst();
  }

  private Path model(String config) throws IOException {
    Path model = Files.createTempDirectory(directory, "model");
    Files.writeString(model.resolve("config.json"), config);
    return model;
  }

  private static void write(Path model, String file, Map<String, Shape> shapes) throws IOException {
    List<TensorInfo> tensors =
        shapes.entrySet().stream()
            .map(e -> new TensorInfo(e.getKey(), TensorType.F32, e.getValue()))
            .toList();
    Random random = new Random(5);
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(model.resolve(file), Map.of(), tensors)) {
      for (int i = 0; i < tensors.size(); i++) {
        float[] values = new float[(int) tensors.get(i).shape().elements()];
        for (int j = 0; j < values.length; j++) {
          values[j] = (float) random.nextGaussian();
        }
        byte[] bytes = new byte[values.length * Float.BYTES];
        new ScalarKernels()
            .format(TensorType.F32)
            .encode(values, 0, 1, values.length, null, MemorySegment.ofArray(bytes), 0);
        writer.write(i, 0, MemorySegment.ofArray(bytes));
      }
      writer.commit();
    }
  }

  private static float[] read(TensorSource source, String name) throws IOException {
    TensorInfo tensor =
        source.tensors().stream().filter(t -> t.name().equals(name)).findFirst().orElseThrow();
    byte[] bytes = new byte[(int) tensor.byteSize()];
    source.read(tensor, 0, MemorySegment.ofArray(bytes));
    float[] values = new float[(int) tensor.shape().elements()];
    new ScalarKernels()
        .format(tensor.type())
        .decode(MemorySegment.ofArray(bytes), 0, values, 0, values.length);
    return values;
  }

  private static Map<String, String> hashes(Path checkpoint) throws IOException {
    Map<String, String> hashes = new HashMap<>();
    try (TensorSource source = Checkpoints.open(checkpoint)) {
      for (TensorInfo tensor : source.tensors()) {
        byte[] bytes = new byte[(int) tensor.byteSize()];
        source.read(tensor, 0, MemorySegment.ofArray(bytes));
        String shape =
            Arrays.stream(tensor.shape().toArray())
                .mapToObj(Long::toString)
                .collect(Collectors.joining("x"));
        hashes.put(
            tensor.name(),
            tensor.type() + " " + (shape.isEmpty() ? "-" : shape) + " " + Hashes.sha256(bytes));
      }
    }
    return hashes;
  }

  private static List<String> names(Path checkpoint) throws IOException {
    try (Stream<Path> files = Files.list(checkpoint)) {
      return files.map(f -> String.valueOf(f.getFileName())).sorted().toList();
    }
  }

  private static JsonNode json(Path file) throws IOException {
    return Json.read(Files.readString(file), JsonNode.class);
  }
}
