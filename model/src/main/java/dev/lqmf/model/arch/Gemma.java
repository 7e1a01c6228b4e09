package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.tokenizer.Vocabularies;
import dev.lqmf.tensor.gguf.GgufValue;
import java.util.List;
import java.util.Map;

/** Gemma 2 and 3, text (llama.cpp {@code conversion/gemma.py}). */
final class Gemma {
  /** Every how many layers attention sees everything unless the file says otherwise. */
  private static final int GEMMA2_PATTERN = 2;

  private static final int GEMMA3_PATTERN = 6;

  /** Numbers of layers by which llama.cpp knows the 27B models, whose queries have other scales. */
  private static final int GEMMA2_27B = 46;

  private static final int GEMMA3_27B = 62;

  private static final String ACTIVATION = "hidden_activation";

  private Gemma() {}

  static Family gemma2() {
    return Family.of(
            "gemma2",
            architecture ->
                architecture
                    .reads(Configurations::common, (gguf, config) -> read(gguf, config, GEMMA2_27B))
                    .parameters(Gemma::parameters2)
                    .with(Gemma::layers)
                    .drop("lm_head")
                    .tensorNotes(Loading.noBias("attn_output"))
                    .vocabulary(Vocabularies::gemma))
        .with(GEMMA2, GemmaNetwork::gemma2, "Gemma2ForCausalLM");
  }

  static Family gemma3() {
    return Family.of(
            "gemma3",
            architecture ->
                architecture
                    .reads(Configurations::common, (gguf, config) -> read(gguf, config, GEMMA3_27B))
                    .parameters(Parameters::common, Gemma::parameters3)
                    .with(Gemma::layers)
                    .prefixes("model.", "language_model.model.", "model.language_model.")
                    .tensor(
                        "layers.{bid}.self_attn.q_norm",
                        "blk.{bid}.attn_q_norm",
                        Transforms.PLUS_ONE)
                    .tensor(
                        "layers.{bid}.self_attn.k_norm",
                        "blk.{bid}.attn_k_norm",
                        Transforms.PLUS_ONE)
                    .prefixes("", "language_model.")
                    .tensor("lm_head", "output")
                    .leaveOut(
                        "the part for images is left out: llama.cpp keeps it in a file of its own",
                        "vision_tower.",
                        "model.vision_tower.",
                        "multi_modal_projector.",
                        "model.multi_modal_projector.")
                    .tensorNotes(Loading.noBias("attn_output"))
                    .vocabulary(Vocabularies::gemma))
        // Of a model that also sees, the part for text.
        .with(GEMMA3, GemmaNetwork::gemma3, "Gemma3ForCausalLM", "Gemma3ForConditionalGeneration");
  }

  private static void layers(Architecture.Builder table) {
    table
        .prefixes("model.", "language_model.model.", "model.language_model.")
        .tensor("embed_tokens", "token_embd")
        .tensor("norm", "output_norm", Transforms.PLUS_ONE)
        .tensor("layers.{bid}.input_layernorm", "blk.{bid}.attn_norm", Transforms.PLUS_ONE)
        .tensor("layers.{bid}.self_attn.q_proj", "blk.{bid}.attn_q")
        .tensor("layers.{bid}.self_attn.k_proj", "blk.{bid}.attn_k")
        .tensor("layers.{bid}.self_attn.v_proj", "blk.{bid}.attn_v")
        .tensor("layers.{bid}.self_attn.o_proj", "blk.{bid}.attn_output")
        .tensor(
            "layers.{bid}.post_attention_layernorm",
            "blk.{bid}.post_attention_norm",
            Transforms.PLUS_ONE)
        .tensor("layers.{bid}.pre_feedforward_layernorm", "blk.{bid}.ffn_norm", Transforms.PLUS_ONE)
        .tensor("layers.{bid}.mlp.gate_proj", "blk.{bid}.ffn_gate")
        .tensor("layers.{bid}.mlp.up_proj", "blk.{bid}.ffn_up")
        .tensor("layers.{bid}.mlp.down_proj", "blk.{bid}.ffn_down")
        .tensor(
            "layers.{bid}.post_feedforward_layernorm",
            "blk.{bid}.post_ffw_norm",
            Transforms.PLUS_ONE)
        .prefixes("");
  }

  /** Transformers' {@code Gemma2Config}. */
  private static final ModelDefaults GEMMA2 =
      ModelDefaults.of("gemma2")
          .rotary(10_000)
          .set("vocab_size", 256000)
          .set("hidden_size", 2304)
          .set("intermediate_size", 9216)
          .set("num_hidden_layers", 26)
          .set("num_attention_heads", 8)
          .set("num_key_value_heads", 4)
          .set("head_dim", 256)
          .set(ACTIVATION, "gelu_pytorch_tanh")
          .set("max_position_embeddings", 8192)
          .set("rms_norm_eps", 1e-6)
          .set("tie_word_embeddings", true)
          .set("attention_bias", false)
          .set("query_pre_attn_scalar", 256)
          .set("sliding_window", 4096)
          .set("final_logit_softcapping", 30.0)
          .set("attn_logit_softcapping", 50.0)
          .compute(
              config -> Map.of("layer_types", Decoder.layerTypes(config, layer -> layer % 2 == 0)));

  /** Transformers' {@code Gemma3TextConfig}. */
  private static final ModelDefaults GEMMA3 =
      ModelDefaults.of("gemma3_text")
          .rotary(1_000_000)
          .localRotary(10_000)
          .set("vocab_size", 262_208)
          .set("hidden_size", 2304)
          .set("intermediate_size", 9216)
          .set("num_hidden_layers", 26)
          .set("num_attention_heads", 8)
          .set("num_key_value_heads", 4)
          .set("head_dim", 256)
          .set(ACTIVATION, "gelu_pytorch_tanh")
          .set("max_position_embeddings", 131_072)
          .set("rms_norm_eps", 1e-6)
          .set("tie_word_embeddings", true)
          .set("attention_bias", false)
          .set("query_pre_attn_scalar", 256)
          .set("sliding_window", 4096)
          .set("use_bidirectional_attention", false)
          .compute(Gemma::computed3);

  private static Map<String, ?> computed3(HfConfig config) {
    // What Transformers saves as _sliding_window_pattern it does not read.
    long pattern = config.integer("sliding_window_pattern").orElse(GEMMA3_PATTERN);
    return Map.of(
        "layer_types",
        Decoder.layerTypes(config, layer -> (layer + 1) % Math.max(1, pattern) != 0));
  }

  private static void parameters2(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    out.u32(".context_length", config.count("max_position_embeddings"));
    out.u32(".embedding_length", config.count("hidden_size"));
    out.u32(".block_count", config.count("num_hidden_layers"));
    out.u32(".feed_forward_length", config.count("intermediate_size"));
    out.u32(".attention.head_count", config.count("num_attention_heads"));
    out.u32(".attention.head_count_kv", config.count("num_key_value_heads"));
    Parameters.real(config, out, ".attention.layer_norm_rms_epsilon", "rms_norm_eps");
    out.u32(".attention.key_length", config.count("head_dim"));
    out.u32(".attention.value_length", config.count("head_dim"));
    Parameters.fileType(context, out);
    Parameters.real(config, out, ".attn_logit_softcapping", "attn_logit_softcapping");
    Parameters.real(config, out, ".final_logit_softcapping", "final_logit_softcapping");
    Parameters.integer(config, out, ".attention.sliding_window", "sliding_window");
    Parameters.unusualRope(context, out);
    layerTypes(context, out, GEMMA2_PATTERN);
    differences(context, GEMMA2_27B);
    for (String key : new String[] {"attn_logit_softcapping", "final_logit_softcapping"}) {
      if (config.real(key).isEmpty()) {
        context.note(
            "llama.cpp's gemma2 always caps: where %s is null, at its default".formatted(key));
      }
    }
    if (!config.bool("tie_word_embeddings").orElse(true)) {
      context.note("llama.cpp's gemma2 has no output head but the embedding: lm_head is left out");
    }
  }

  private static void parameters3(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    double cap = config.real("final_logit_softcapping").orElse(0);
    if (cap != 0) {
      out.f32(".final_logit_softcapping", cap);
      if (!config.architecture().equals("Gemma3ForCausalLM")) {
        context.note(
            "llama.cpp's gemma3 caps logits (final_logit_softcapping), which the class that sees"
                + " images does not");
      }
    }
    if (config.integer("sliding_window_pattern").orElse(GEMMA3_PATTERN) != 1) {
      Parameters.integer(config, out, ".attention.sliding_window", "sliding_window");
      layerTypes(context, out, GEMMA3_PATTERN);
    }
    differences(context, GEMMA3_27B);
    if (config.real("attn_logit_softcapping").isPresent()) {
      context.note("llama.cpp's gemma3 does not cap attention (attn_logit_softcapping)");
    }
    if (config.bool("use_bidirectional_attention").orElse(false)) {
      context.note("llama.cpp's gemma3 attends to earlier tokens only");
    }
  }

  /**
   * @param largest the number of layers by which llama.cpp knows the 27B model, whose scale is
   *     another
   */
  private static void differences(ModelContext context, int largest) {
    HfConfig config = context.config();
    String name = context.architecture().name();
    Decoder.noteActivation(
        context, ACTIVATION, "GELU", "gelu_pytorch_tanh", "gelu", "gelu_new", "gelu_fast");
    double scale =
        config.count("num_hidden_layers") == largest
            ? (double) config.count("hidden_size") / config.count("num_attention_heads")
            : config.count("head_dim");
    double wanted = config.real("query_pre_attn_scalar").orElse(scale);
    if (wanted != scale) {
      context.note(
          "GGUF has no place for query_pre_attn_scalar (%s): llama.cpp's %s divides queries by the root of %s"
              .formatted(plain(wanted), name, plain(scale)));
    }
  }

  /** Which layers have a window, where that is not what llama.cpp assumes. */
  private static void layerTypes(ModelContext context, MetadataCollector out, int usual) {
    List<String> types = context.config().strings("layer_types");
    boolean[] window = new boolean[types.size()];
    boolean differs = false;
    for (int layer = 0; layer < window.length; layer++) {
      window[layer] = !types.get(layer).equals("full_attention");
      differs |= window[layer] == ((layer + 1) % usual == 0);
    }
    if (differs) {
      out.put(".attention.sliding_window_pattern", GgufValue.array(window));
    }
  }

  private static String plain(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }

  private static void read(GgufReading gguf, Map<String, Object> config, int largest) {
    Configurations.real(gguf, config, ".attn_logit_softcapping", "attn_logit_softcapping");
    Configurations.real(gguf, config, ".final_logit_softcapping", "final_logit_softcapping");
    Configurations.real(gguf, config, ".rope.freq_base_swa", "rope_local_base_freq");
    List<Boolean> window = gguf.bools(".attention.sliding_window_pattern");
    if (!window.isEmpty()) {
      config.put(
          "layer_types",
          window.stream().map(w -> w ? "sliding_attention" : "full_attention").toList());
    } else if (gguf.integer(".attention.sliding_window").isEmpty()) {
      config.put("sliding_window_pattern", 1);
    }
    long width = gguf.integer(".embedding_length").orElse(0);
    long heads = Math.max(1, gguf.integer(".attention.head_count").orElse(1));
    config.put(
        "query_pre_attn_scalar",
        gguf.integer(".block_count").orElse(0) == largest
            ? width / heads
            : gguf.integer(".attention.key_length").orElse(width / heads));
  }
}
