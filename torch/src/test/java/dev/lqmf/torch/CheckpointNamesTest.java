package dev.lqmf.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.CheckpointWeights;
import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.testkit.TinyModels;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checkpoints whose names, options or tensors are not as the tiny models have them. */
class CheckpointNamesTest {
  @TempDir private Path directory;

  /** The same tensors under other names. */
  private record Renamed(TensorSource source, UnaryOperator<String> names) implements TensorSource {
    @Override
    public List<TensorInfo> tensors() {
      return source.tensors().stream()
          .map(t -> new TensorInfo(names.apply(t.name()), t.type(), t.shape()))
          .toList();
    }

    @Override
    public void read(TensorInfo tensor, long byteOffset, MemorySegment target) throws IOException {
      TensorInfo stored =
          source.tensors().stream()
              .filter(t -> names.apply(t.name()).equals(tensor.name()))
              .findFirst()
              .orElseThrow();
      source.read(stored, byteOffset, target);
    }

    @Override
    public String origin() {
      return source.origin();
    }

    @Override
    public void close() throws IOException {
      source.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GPT2LMHeadModel, transformer., ''",
    "BloomForCausalLM, transformer., ''",
    "OPTForCausalLM, model.decoder., decoder.",
    "LlamaForCausalLM, model., model.language_model.",
    "Gemma2ForCausalLM, model.embed_tokens., lm_head.",
    "BertForMaskedLM, LayerNorm.weight, LayerNorm.gamma",
    "T5ForConditionalGeneration, shared., decoder.embed_tokens.",
    "T5ForConditionalGeneration, shared., lm_head.",
    "BartForConditionalGeneration, model.shared., model.encoder.embed_tokens.",
    "BartForConditionalGeneration, model.shared., lm_head."
  })
  void namesMayDiffer(String name, String from, String to) throws IOException {
    Path model = TinyModels.extract(name, "config.json", directory);
    TinyModels.Values expected = TinyModels.values(model.resolve("expected.safetensors"));
    HfConfig config = HfConfig.read(new ModelFiles(model));
    Network network = Families.network(config);
    int[][] ids = {expected.ids("input_ids")};
    try (TensorSource source = new Renamed(Checkpoints.open(model), n -> n.replace(from, to));
        TorchModel torch =
            TorchModel.open(
                network, CheckpointWeights.of(config, network, source), Differences.OPTIONS)) {
      boolean both = torch.encoder().isPresent() && torch.decoder().isPresent();
      try (Activations first = both ? torch.encode(ids) : torch.hidden(ids);
          Activations hidden =
              both ? torch.decode(first, new int[][] {expected.ids("decoder_input_ids")}) : first;
          Logits logits = torch.logits(hidden, 0, hidden.rows())) {
        assertThat(Differences.relative(logits.toArrays(), expected.rows("logits")))
            .isLessThan(Differences.TOLERANCE);
      }
    }
  }

  /** bfloat16 keeps 8 bits: a percent or two of the largest logit. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "LlamaForCausalLM",
        "GPT2LMHeadModel",
        "Gemma2ForCausalLM",
        "MixtralForCausalLM",
        "BloomForCausalLM"
      })
  void bfloat16IsClose(String name) throws IOException {
    Path model = TinyModels.extract(name, "config.json", directory);
    TinyModels.Values expected = TinyModels.values(model.resolve("expected.safetensors"));
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS.with(Precision.BFLOAT16));
        Activations hidden = torch.hidden(new int[][] {expected.ids("input_ids")});
        Logits logits = torch.logits(hidden, 0, hidden.rows())) {
      assertThat(Differences.relative(logits.toArrays(), expected.rows("logits")))
          .isBetween(1e-5, 0.08);
    }
  }

  /** Positions of the whole batch, whatever parts and threads computed them. */
  @Test
  void threadsAndPartsDoNotMatter() throws IOException {
    Path model = TinyModels.extract("Qwen2ForCausalLM", "config.json", directory);
    int[][] ids = new int[150][20];
    for (int s = 0; s < ids.length; s++) {
      for (int t = 0; t < 20; t++) {
        ids[s][t] = (s * 31 + t * 7) % 320;
      }
    }
    try (TorchModel torch = TorchModel.open(model, TorchOptions.DEFAULTS.withThreads(3));
        Activations all = torch.hidden(ids)) {
      for (int s : new int[] {0, 50, 51, 149}) {
        try (Activations one = torch.hidden(new int[][] {ids[s]});
            Logits expected = torch.logits(one, 0, 20);
            Logits found = torch.logits(all, s * 20, 20);
            Logits around = torch.logits(all, Math.max(0, s * 20 - 130), 130)) {
          assertThat(Differences.relative(found.toArrays(), expected.toArrays())).isLessThan(1e-5);
          assertThat(around.best()).hasSize(130);
          assertThat(around.logProbabilities(around.best())[129]).isNegative();
        }
      }
    }
  }

  /** What is copied into a block's weight counts from then on; hooks see every layer's input. */
  @ParameterizedTest
  @ValueSource(strings = {"LlamaForCausalLM", "GPT2LMHeadModel", "MixtralForCausalLM"})
  void aBlocksLayersAreSeenAndCanBeReplaced(String name) throws IOException {
    Path model = TinyModels.extract(name, "config.json", directory);
    int[][] ids = {{5, 6, 7, 8, 9, 10, 11, 12}};
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS)) {
      StackRunner runner = torch.decoder().orElseThrow();
      try (LoadedBlock block = runner.load(0);
          Activations states = runner.embed(ids)) {
        java.util.Set<Linear> seen = new java.util.HashSet<>();
        float[][] before;
        try (Activations result =
            runner.apply(
                block,
                states,
                null,
                (layers, input) -> {
                  seen.addAll(layers);
                  assertThat(input.size(input.dim() - 1)).isEqualTo(layers.getFirst().in());
                })) {
          before = result.toArrays();
        }
        assertThat(seen)
            .containsAll(
                block.block().inputGroups().stream()
                    .flatMap(List::stream)
                    .filter(l -> !l.module().contains("experts"))
                    .toList());
        try (var _ = new org.bytedeco.javacpp.PointerScope()) {
          for (Linear layer : block.block().inputGroups().getFirst()) {
            block.weight(layer).zero_();
          }
        }
        try (Activations result = runner.apply(block, states, null, () -> {})) {
          assertThat(Differences.relative(result.toArrays(), before)).isGreaterThan(0.01);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "LlamaForCausalLM|\"hidden_act\": \"silu\"|\"hidden_act\": \"snake\"|'snake'",
        "LlamaForCausalLM|\"rope_type\": \"default\"|\"rope_type\": \"spiral\"|'spiral'",
        "LlamaForCausalLM|\"num_key_value_heads\": 2|\"num_key_value_heads\": 3"
            + "|does not divide 4 heads",
        "GPTBigCodeForCausalLM|\"add_cross_attention\": false|\"add_cross_attention\": true"
            + "|add_cross_attention with multi_query is not supported",
        "LlamaForCausalLM|LlamaForCausalLM|UnknownForCausalLM|'UnknownForCausalLM'",
        "LlamaForCausalLM|\"intermediate_size\": 96|\"intermediate_size\": 90"
            + "|the configuration asks for 90 × 64",
        "LlamaForCausalLM|\"num_hidden_layers\": 2|\"num_hidden_layers\": 3"
            + "|has no tensor model.layers.2."
      })
  void whatCannotBeRunIsRefusedByName(String name, String from, String to, String message)
      throws IOException {
    Path model = TinyModels.extract(name, "config.json", directory);
    Path config = model.resolve("config.json");
    String text = Files.readString(config);
    assertThat(text).contains(from);
    Files.writeString(config, text.replace(from, to));

    assertThatThrownBy(() -> TorchModel.open(model, Differences.OPTIONS).close())
        .isInstanceOf(InputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void tokensAndPositionsThatDoNotExistAreRefused() throws IOException {
    Path model = TinyModels.extract("GPT2LMHeadModel", "config.json", directory);
    try (TorchModel torch = TorchModel.open(model, Differences.OPTIONS)) {
      assertThatThrownBy(() -> torch.hidden(new int[][] {{1, 320}}).close())
          .isInstanceOf(InputException.class)
          .hasMessageContaining("token 320");
      assertThatThrownBy(() -> torch.hidden(new int[1][129]).close())
          .isInstanceOf(InputException.class)
          .hasMessageContaining("positions for 128");
    }
  }

  /** Weights may come from anywhere; here they are missing. */
  @Test
  void aMissingTensorIsNamed() throws IOException {
    Path model = TinyModels.extract("GPT2LMHeadModel", "config.json", directory);
    Network network = Families.network(new ModelFiles(model));
    ModuleWeights nothing =
        new ModuleWeights() {
          @Override
          public Optional<Weights> find(String name) {
            return Optional.empty();
          }

          @Override
          public String origin() {
            return "nowhere";
          }
        };
    assertThatThrownBy(() -> TorchModel.open(network, nothing, Differences.OPTIONS).close())
        .isInstanceOf(InputException.class)
        .hasMessage("nowhere has no tensor transformer.wte.weight");
  }
}
