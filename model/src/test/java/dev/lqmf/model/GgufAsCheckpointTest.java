package dev.lqmf.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.view.Float32Weights;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.gguf.GgufMetadata;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** From a checkpoint to GGUF and back everything is there again, but for what GGUF cannot say. */
class GgufAsCheckpointTest {
  /** Keys that decide what a model computes. */
  private static final List<String> KEYS =
      List.of(
          "vocab_size",
          "hidden_size",
          "n_embd",
          "d_model",
          "num_hidden_layers",
          "n_layer",
          "num_layers",
          "num_decoder_layers",
          "num_attention_heads",
          "n_head",
          "num_heads",
          "num_key_value_heads",
          "num_kv_heads",
          "d_kv",
          "intermediate_size",
          "n_inner",
          "ffn_hidden_size",
          "d_ff",
          "max_position_embeddings",
          "n_positions",
          "rms_norm_eps",
          "layer_norm_eps",
          "layer_norm_epsilon",
          "norm_epsilon",
          "hidden_act",
          "activation_function",
          "hidden_activation",
          "activation",
          "dense_act_fn",
          "is_gated_act",
          "tie_word_embeddings",
          "attention_bias",
          "mlp_bias",
          "use_bias",
          "use_qkv_bias",
          "qk_layernorm",
          "use_parallel_residual",
          "parallel_attn",
          "alibi",
          "new_decoder_architecture",
          "multi_query",
          "num_ln_in_parallel_attn",
          "num_local_experts",
          "num_experts_per_tok",
          "moe_intermediate_size",
          "norm_topk_prob",
          "sliding_window",
          "layer_types",
          "no_rope_layers",
          "query_pre_attn_scalar",
          "attn_logit_softcapping",
          "final_logit_softcapping",
          "embedding_multiplier",
          "logits_scaling",
          "residual_multiplier",
          "attention_multiplier",
          "relative_attention_num_buckets",
          "relative_attention_max_distance",
          "scale_decoder_outputs",
          "decoder_start_token_id",
          "type_vocab_size",
          "scale_attn_weights",
          "original_max_position_embeddings");

  /** What GGUF has no place for, by checkpoint; the conversion notes it. */
  private static final Map<String, Set<String>> LOST =
      Map.ofEntries(
          Map.entry("MistralForCausalLM", Set.of("sliding_window")),
          Map.entry("Gemma2ForCausalLM", Set.of("query_pre_attn_scalar")),
          Map.entry("Gemma3ForCausalLM", Set.of("query_pre_attn_scalar")),
          Map.entry("T5ForConditionalGeneration", Set.of("relative_attention_max_distance")),
          Map.entry("starcoder2-untied", Set.of("sliding_window")),
          Map.entry("bert-gamma-beta", Set.of("hidden_act")),
          // A key that BLOOM does not have.
          Map.entry("bloom-bare-names", Set.of("max_position_embeddings")),
          // Whether to scale what goes to the embedding, where that is the output too.
          Map.entry("t5-gated-untied", Set.of("scale_decoder_outputs")),
          // The output is stored, equal to the embedding.
          Map.entry("tied-but-stored", Set.of("tie_word_embeddings")));

  static Stream<Path> checkpoints() throws IOException {
    List<Path> all = new ArrayList<>();
    for (String group : List.of("golden", "variants")) {
      try (Stream<Path> found = Files.list(Listing.resource(group))) {
        found
            .filter(directory -> Files.exists(directory.resolve("expected.json")))
            // Stored in 8-bit floats, which GGUF does not have.
            .filter(directory -> !directory.getFileName().toString().startsWith("fp8"))
            .sorted()
            .forEach(all::add);
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void restoresTheTensors(Path directory) throws IOException {
    try (GgufModel model = GgufModel.fromCheckpoint(directory);
        TensorSource source = Checkpoints.open(directory)) {
      String architecture = model.metadata().string("general.architecture").orElseThrow();
      GgufAsCheckpoint restored = GgufAsCheckpoint.of(model);
      Map<String, Weights> stored = new TreeMap<>();
      for (TensorInfo tensor : source.tensors()) {
        String name = canonical(tensor.name());
        if (!isLost(name, architecture)) {
          stored.put(name, new StoredWeights(source, tensor));
        }
      }
      Map<String, Weights> expected = new TreeMap<>(StackedExperts.apart(stored));
      Map<String, Weights> actual = new TreeMap<>();
      restored.tensors().forEach((name, weights) -> actual.put(canonical(name), weights));
      assertThat(actual.keySet()).isEqualTo(expected.keySet());
      String modelType = restored.config().string("model_type").orElseThrow();
      for (String name : expected.keySet()) {
        float[] wanted = values(expected.get(name));
        if (architecture.startsWith("gemma") && name.endsWith("norm.weight")) {
          // One was added in float32, which rounds.
          for (int i = 0; i < wanted.length; i++) {
            wanted[i] = (wanted[i] + 1) - 1;
          }
        }
        if (modelType.equals("roberta") && name.endsWith("position_embeddings.weight")) {
          // The rows before the first position are never read, and not kept.
          Arrays.fill(wanted, 0, 2 * (int) expected.get(name).shape().dim(1), 0);
        }
        Weights back = Objects.requireNonNull(actual.get(name));
        float[] found = values(back);
        assertThat(back.shape()).as(name).isEqualTo(expected.get(name).shape());
        assertThat(found).as(name).isEqualTo(wanted);
      }
    }
  }

  /** Names without what Transformers puts before them in some classes of a family. */
  private static String canonical(String name) {
    return name.replaceFirst("^(bert|roberta|transformer)\\.", "")
        .replaceFirst("^(language_model\\.model|model\\.language_model|model)\\.", "")
        .replace(".gamma", ".weight")
        .replace(".beta", ".bias");
  }

  /** What GGUF has no place for: heads for masked words, pooling, the part for images. */
  private static boolean isLost(String name, String architecture) {
    return name.startsWith("cls.")
        || name.startsWith("pooler.")
        || name.contains("vision_tower.")
        || name.contains("multi_modal_projector.")
        || (name.startsWith("lm_head.") && architecture.equals("bert"))
        || name.endsWith(".inv_freq");
  }

  private static float[] values(Weights weights) throws IOException {
    Weights floats = Float32Weights.of(weights);
    byte[] bytes = new byte[(int) floats.byteSize()];
    floats.read(0, MemorySegment.ofArray(bytes));
    float[] values = new float[bytes.length / Float.BYTES];
    MemorySegment.copy(
        MemorySegment.ofArray(bytes),
        ValueLayout.JAVA_FLOAT_UNALIGNED,
        0,
        values,
        0,
        values.length);
    return values;
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void restoresTheConfiguration(Path directory) throws IOException {
    ModelFiles files = new ModelFiles(directory);
    HfConfig stored = HfConfig.read(files);
    ModelContext expected = Families.of(stored).context(files, stored);
    try (GgufModel model = GgufModel.fromCheckpoint(directory)) {
      ModelContext actual = GgufAsCheckpoint.of(model).context();
      Set<String> lost = LOST.getOrDefault(directory.getFileName().toString(), Set.of());
      for (String key : KEYS) {
        if (expected.config().value(key).isPresent() && !lost.contains(key)) {
          assertThat(text(actual, key)).as(key).isEqualTo(text(expected, key));
        }
      }
      if (expected.rope().theta().isPresent()) {
        // GGUF holds it in float32.
        assertThat((float) actual.rope().theta().orElseThrow())
            .isEqualTo((float) expected.rope().theta().getAsDouble());
        assertThat(rotated(actual)).isEqualTo(rotated(expected));
      }
      assertThat(actual.localRope().flatMap(r -> r.theta().stream().boxed().findFirst()))
          .isEqualTo(expected.localRope().flatMap(r -> r.theta().stream().boxed().findFirst()));
      for (String key : List.of("factor", "attention_factor", "beta_fast", "beta_slow")) {
        if (List.of("linear", "yarn").contains(expected.rope().type().orElse(""))) {
          assertThat(actual.rope().values().real(key))
              .as(key)
              .isEqualTo(expected.rope().values().real(key));
        }
      }
    }
  }

  /** Elements of a head that are rotated. */
  private static long rotated(ModelContext context) {
    HfConfig config = context.config();
    long head =
        config
            .integer("head_dim")
            .orElseGet(() -> config.count("hidden_size") / config.count("num_attention_heads"));
    return (long) (head * context.rope().partialRotaryFactor().orElse(1));
  }

  private static String text(ModelContext context, String key) {
    String text = context.config().value(key).map(Object::toString).orElse("null");
    try {
      return Double.toString(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      return text;
    }
  }

  @Test
  void restoresScalingByFactors() throws IOException {
    try (GgufModel model = GgufModel.fromCheckpoint(Listing.resource("variants/rope-llama3"))) {
      ModelContext context = GgufAsCheckpoint.of(model).context();
      assertThat(context.rope().type()).hasValue("longrope");
      List<Double> factors = context.rope().values().reals("long_factor");
      assertThat(factors).hasSize(4).startsWith(1.0).endsWith(8.0);
      assertThat(context.rope().values().reals("short_factor")).isEqualTo(factors);
      assertThat(context.rope().values().real("attention_factor")).hasValue(1);
    }
    try (GgufModel model = GgufModel.fromCheckpoint(Listing.resource("variants/phi3-longrope"))) {
      ModelContext context = GgufAsCheckpoint.of(model).context();
      assertThat(context.rope().values().reals("long_factor")).hasSize(8).startsWith(2.0, 2.5);
      assertThat(context.rope().values().reals("short_factor")).hasSize(8).startsWith(1.0, 1.25);
    }
  }

  @Test
  void refusesWhatItDoesNotKnow() {
    GgufMetadata other = GgufMetadata.builder().putString("general.architecture", "mamba").build();
    assertThatThrownBy(() -> GgufAsCheckpoint.of(Path.of("x.gguf"), other, Map.of()))
        .isInstanceOfSatisfying(
            InputException.class,
            e -> {
              assertThat(e).hasMessageContaining("mamba");
              assertThat(e.mend()).contains("llama", "t5");
            });
    GgufMetadata nothing = GgufMetadata.builder().build();
    assertThatThrownBy(() -> GgufAsCheckpoint.of(Path.of("x.gguf"), nothing, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("general.architecture");
  }
}
