package dev.lqmf.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.config.JsonFiles;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.tensor.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/** Checkpoints that contradict themselves are refused, with file, key and both values. */
class CheckpointFaultsTest {
  @TempDir private Path temporary;
  private Path checkpoint;

  @BeforeEach
  void copyACheckpoint() throws IOException {
    checkpoint = copy("variants/wide-heads-untied");
  }

  private Path copy(String resource) throws IOException {
    Path target = temporary.resolve(Path.of(resource).getFileName());
    Files.createDirectory(target);
    try (Stream<Path> files = Files.list(Listing.resource(resource))) {
      for (Path file : files.toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    }
    return target;
  }

  private void edit(String file, Consumer<ObjectNode> change) throws IOException {
    Path path = checkpoint.resolve(file);
    ObjectNode json = JsonFiles.object(path).orElseThrow();
    change.accept(json);
    Files.writeString(path, json.toString());
  }

  private void refused(String... parts) {
    assertThatThrownBy(() -> GgufModel.fromCheckpoint(checkpoint).close())
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e.getMessage()).contains(parts);
              assertThat(e.mend()).isNotBlank();
            });
  }

  @ParameterizedTest
  @CsvSource({
    "vocab_size, 321, 320 × 32",
    "hidden_size, 40, 320 × 32",
    "num_hidden_layers, 3, 2 layers",
    "num_hidden_layers, 1, 2 layers",
    "intermediate_size, 64, 48 × 32",
    "num_attention_heads, 3, 64 rows",
    "num_key_value_heads, 5, 32 rows",
    "head_dim, 8, 64 × 32"
  })
  void refusesAConfigurationThatContradictsTheTensors(String key, int value, String found)
      throws IOException {
    edit("config.json", c -> c.put(key, value));
    refused("config.json", key, Integer.toString(value), found);
  }

  @Test
  void refusesHeadsThatDoNotDivideTheWidth() throws IOException {
    edit("config.json", c -> c.put("num_attention_heads", 5).putNull("head_dim"));
    refused("config.json", "hidden_size is 32", "num_attention_heads 5");
  }

  @Test
  void refusesExpertsThatAreMissing() throws IOException {
    checkpoint = copy("variants/mixtral");
    edit("config.json", c -> c.put("num_local_experts", 4));
    refused("9 tensors", "block_sparse_moe.experts");
  }

  @Test
  void refusesWeightsWithoutAnEmbedding() throws IOException {
    rewrite(t -> !t.name().equals("model.embed_tokens.weight"), Map.of());
    refused("token embedding");
  }

  @Test
  void refusesKeyValueHeadsOfAnotherSize() throws IOException {
    edit("config.json", c -> c.put("num_key_value_heads", 1));
    refused("config.json", "num_key_value_heads", "16", "32 × 32");
  }

  @ParameterizedTest
  @CsvSource({
    "hidden_size, \"64\"",
    "num_hidden_layers, 2.5",
    "num_hidden_layers, 0",
    "rms_norm_eps, \"small\"",
    "rope_scaling, 8",
    "vocab_size, -1"
  })
  void refusesAValueOfTheWrongKind(String key, String value) throws IOException {
    Path config = checkpoint.resolve("config.json");
    edit("config.json", c -> c.remove(key));
    String text = Files.readString(config);
    Files.writeString(config, "{\"%s\": %s,%s".formatted(key, value, text.substring(1)));
    refused("config.json", key, value);
  }

  @Test
  void refusesAnUnknownArchitectureAndListsTheKnown() throws IOException {
    edit("config.json", c -> c.putArray("architectures").add("MambaForCausalLM"));
    refused("MambaForCausalLM");
  }

  @Test
  void refusesADirectoryWithoutConfiguration() throws IOException {
    Files.delete(checkpoint.resolve("config.json"));
    refused("config.json");
  }

  @Test
  void refusesDamagedJson() throws IOException {
    Files.writeString(checkpoint.resolve("tokenizer.json"), "{\"model\": ");
    refused("tokenizer.json", "JSON");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gptq", "awq", "bitsandbytes", "mxfp4"})
  void refusesWhatIsQuantizedAlready(String method) throws IOException {
    edit("config.json", c -> c.putObject("quantization_config").put("quant_method", method));
    refused("config.json", "quantization_config", method);
  }

  @Test
  void refusesPackedCompressedTensors() throws IOException {
    edit(
        "config.json",
        c ->
            c.putObject("quantization_config")
                .put("quant_method", "compressed-tensors")
                .put("format", "pack-quantized"));
    refused("compressed-tensors", "pack-quantized");
  }

  @Test
  void refusesTokensBeyondTheVocabulary() throws IOException {
    checkpoint = copy("variants/bpe-with-added-tokens");
    edit("config.json", c -> c.put("vocab_size", 324));
    edit(
        "tokenizer.json",
        t -> {
          ObjectNode last = (ObjectNode) t.path("added_tokens").get(8);
          last.put("id", 330);
        });
    // The embedding has 330 rows, so the size must say so for the tokenizer to be looked at.
    edit("config.json", c -> c.put("vocab_size", 330));
    refused("vocab_size is 330", "id 330");
  }

  @Test
  void refusesATokenizerWithoutMerges() throws IOException {
    edit("tokenizer.json", t -> t.putObject("model").put("type", "WordPiece").putObject("vocab"));
    refused("tokenizer.json", "WordPiece");
  }

  @Test
  void refusesAMissingTokenizer() throws IOException {
    Files.delete(checkpoint.resolve("tokenizer.json"));
    refused("tokenizer.model", "tokenizer.json", "vocab.json");
  }

  @Test
  void refusesATensorThatTheArchitectureDoesNotHave() throws IOException {
    rewrite(_ -> true, Map.of("model.layers.0.adapter.weight", Shape.of(2, 2)));
    refused("'model.layers.0.adapter.weight'", "LlamaForCausalLM");
  }

  @Test
  void dropsTheMasksOfOldCheckpoints() throws IOException {
    checkpoint = copy("variants/gpt2-bare-names-half");
    List<String> expected;
    try (GgufModel model = GgufModel.fromCheckpoint(checkpoint)) {
      expected = Listing.tensors(model.tensors(), TensorType.F32);
    }
    rewrite(
        _ -> true,
        Map.of(
            "h.0.attn.bias", Shape.of(1, 1, 64, 64),
            "h.0.attn.masked_bias", Shape.of()));
    try (GgufModel model = GgufModel.fromCheckpoint(checkpoint)) {
      assertThat(Listing.tensors(model.tensors(), TensorType.F32)).isEqualTo(expected);
    }
  }

  /** Writes the weights again, some of them, and more tensors of zeros. */
  private void rewrite(Predicate<TensorInfo> kept, Map<String, Shape> more) throws IOException {
    Path file = checkpoint.resolve("model.safetensors");
    Path rewritten = checkpoint.resolve("rewritten");
    try (TensorSource source = Checkpoints.open(checkpoint)) {
      List<TensorInfo> old = source.tensors().stream().filter(kept).toList();
      List<TensorInfo> tensors = new ArrayList<>(old);
      more.forEach((name, shape) -> tensors.add(new TensorInfo(name, TensorType.F32, shape)));
      try (SafetensorsWriter writer = SafetensorsWriter.create(rewritten, Map.of(), tensors)) {
        for (int i = 0; i < tensors.size(); i++) {
          TensorInfo tensor = tensors.get(i);
          byte[] bytes =
              i < old.size() ? Listing.read(source, tensor) : new byte[(int) tensor.byteSize()];
          writer.write(i, 0, MemorySegment.ofArray(bytes));
        }
        writer.commit();
      }
    }
    Files.delete(file);
    Files.move(rewritten, file);
  }
}
