package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.tokenizer.Vocabularies;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Phi 1 to 4 without experts (llama.cpp {@code conversion/phi.py}). */
final class Phi {
  private Phi() {}

  static Family phi2() {
    return Family.of(
            "phi2",
            architecture ->
                architecture
                    .reads(Configurations::common, Configurations::partialRotary)
                    .parameters(Phi::parameters2)
                    .tensor("lm_head", "output")
                    .prefixes("model.")
                    .tensor("embed_tokens", "token_embd")
                    .tensor("final_layernorm", "output_norm")
                    .tensor("layers.{bid}.input_layernorm", "blk.{bid}.attn_norm")
                    .tensor("layers.{bid}.self_attn.q_proj", "blk.{bid}.attn_q")
                    .tensor("layers.{bid}.self_attn.k_proj", "blk.{bid}.attn_k")
                    .tensor("layers.{bid}.self_attn.v_proj", "blk.{bid}.attn_v")
                    .tensor("layers.{bid}.self_attn.dense", "blk.{bid}.attn_output")
                    .refuse(
                        "llama.cpp's phi2 has no norms of queries and keys (qk_layernorm)",
                        "layers.{bid}.self_attn.q_layernorm",
                        "layers.{bid}.self_attn.k_layernorm")
                    .tensor("layers.{bid}.mlp.fc1", "blk.{bid}.ffn_up")
                    .tensor("layers.{bid}.mlp.fc2", "blk.{bid}.ffn_down")
                    .tensorNotes(Loading::ownHead, Loading::headsOfWidth)
                    .vocabulary(Vocabularies::byteLevelBpe))
        .with(PHI, PhiNetwork::phi, "PhiForCausalLM");
  }

  static Family phi3() {
    return Family.of(
            "phi3",
            architecture ->
                architecture
                    .reads(Configurations::common, Configurations::partialRotary, Phi::read3)
                    .first(Phi::attentionFactor)
                    .parameters(Phi::parameters3)
                    .constants(Phi::ropeFactors)
                    .with(Decoder::frame)
                    .tensor("model.layers.{bid}.self_attn.qkv_proj", "blk.{bid}.attn_qkv")
                    .tensor("model.layers.{bid}.self_attn.o_proj", "blk.{bid}.attn_output")
                    .with(Decoder::fusedGateMlp)
                    .tensorNotes(Loading::headsOfWidth)
                    .vocabulary(Vocabularies::phi3))
        .with(PHI3, PhiNetwork::phi3, "Phi3ForCausalLM");
  }

  /** Transformers' {@code PhiConfig}. */
  private static final ModelDefaults PHI =
      ModelDefaults.of("phi")
          .rotary(10_000)
          .set("vocab_size", 51200)
          .set("hidden_size", 2048)
          .set("intermediate_size", 8192)
          .set("num_hidden_layers", 24)
          .set("num_attention_heads", 32)
          .set("hidden_act", "gelu_new")
          .set("max_position_embeddings", 2048)
          .set("layer_norm_eps", 1e-5)
          .set("tie_word_embeddings", false)
          .set("qk_layernorm", false)
          .set("partial_rotary_factor", 0.5)
          .compute(Decoder::keyValueHeads);

  /** Transformers' {@code Phi3Config}. */
  private static final ModelDefaults PHI3 =
      ModelDefaults.of("phi3")
          .rotary(10_000)
          .set("vocab_size", 32064)
          .set("hidden_size", 3072)
          .set("intermediate_size", 8192)
          .set("num_hidden_layers", 32)
          .set("num_attention_heads", 32)
          .set("hidden_act", "silu")
          .set("max_position_embeddings", 4096)
          .set("original_max_position_embeddings", 4096)
          .set("rms_norm_eps", 1e-5)
          .set("tie_word_embeddings", false)
          .set("partial_rotary_factor", 1.0)
          .compute(Decoder::keyValueHeads);

  private static void parameters2(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    out.u32(".context_length", config.count("max_position_embeddings"));
    out.u32(".embedding_length", config.count("hidden_size"));
    out.u32(".feed_forward_length", config.count("intermediate_size"));
    out.u32(".block_count", config.count("num_hidden_layers"));
    out.u32(".attention.head_count", config.count("num_attention_heads"));
    out.u32(".attention.head_count_kv", config.count("num_key_value_heads"));
    Parameters.real(config, out, ".attention.layer_norm_epsilon", "layer_norm_eps");
    Parameters.partialRopeDimensions(context, out);
    Parameters.fileType(context, out);
    out.bool("tokenizer.ggml.add_bos_token", false);
    // The converter overlooks how positions rotate, and head_dim.
    Parameters.unusualRope(context, out);
    Parameters.unusualHeadSize(config, out);
    Decoder.noteActivation(context, "hidden_act", "GELU", "gelu_new", "gelu", "gelu_fast");
  }

  private static void parameters3(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    out.u32(".context_length", config.count("max_position_embeddings"));
    out.u32(
        ".rope.scaling.original_context_length", config.count("original_max_position_embeddings"));
    out.u32(".embedding_length", config.count("hidden_size"));
    out.u32(".feed_forward_length", config.count("intermediate_size"));
    out.u32(".block_count", config.count("num_hidden_layers"));
    out.u32(".attention.head_count", config.count("num_attention_heads"));
    out.u32(".attention.head_count_kv", config.count("num_key_value_heads"));
    Parameters.real(config, out, ".attention.layer_norm_rms_epsilon", "rms_norm_eps");
    Parameters.partialRopeDimensions(context, out);
    context.rope().theta().ifPresent(theta -> out.f32(".rope.freq_base", theta));
    Parameters.fileType(context, out);
    // Zero tells llama.cpp that the model is Phi-4.
    out.u32(".attention.sliding_window", config.integer("sliding_window").orElse(0));
    // The converter overlooks head_dim.
    Parameters.unusualHeadSize(config, out);
    Decoder.noteSlidingWindow(context);
    Decoder.noteActivation(context, "hidden_act", "SiLU", "silu");
    if (!ropeFactors(context).isEmpty()) {
      context.note(
          "llama.cpp takes the rotary factors for long texts whenever it is opened for more than %d tokens, the model only for texts that long"
              .formatted(config.count("original_max_position_embeddings")));
    }
  }

  /** What long contexts multiply attention with; Transformers' {@code longrope}. */
  private static void attentionFactor(ModelContext context, MetadataCollector out) {
    if (ropeFactors(context).isEmpty()) {
      return;
    }
    HfConfig config = context.config();
    double trained = config.count("original_max_position_embeddings");
    double scale = config.count("max_position_embeddings") / trained;
    OptionalDouble given = context.rope().values().real("attention_factor");
    out.f32(
        ".rope.scaling.attn_factor",
        given.orElse(scale > 1 ? Math.sqrt(1 + Math.log(scale) / Math.log(trained)) : 1));
  }

  /** One factor for each rotated pair of elements, for contexts longer than in training or not. */
  private static Map<String, float[]> ropeFactors(ModelContext context) {
    HfConfig rope = context.rope().values();
    List<Double> longer = rope.reals("long_factor");
    if (longer.isEmpty()) {
      return Map.of();
    }
    Map<String, float[]> factors = new LinkedHashMap<>();
    factors.put("rope_factors_long.weight", pairs(context, longer, "long_factor"));
    factors.put(
        "rope_factors_short.weight", pairs(context, rope.reals("short_factor"), "short_factor"));
    return factors;
  }

  private static float[] pairs(ModelContext context, List<Double> factors, String key) {
    long wanted = Parameters.partialRopeDimensions(context) / 2;
    if (factors.size() != wanted) {
      throw new InputException(
          "%s: %s has %d factors, but %d pairs of each head are rotated"
              .formatted(context.config().file(), key, factors.size(), wanted),
          "correct the configuration, or download it again");
    }
    float[] values = new float[factors.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = factors.get(i).floatValue();
    }
    return values;
  }

  private static void read3(GgufReading gguf, Map<String, Object> config) throws IOException {
    Configurations.integer(
        gguf, config, ".rope.scaling.original_context_length", "original_max_position_embeddings");
    if (gguf.integer(".attention.sliding_window").orElse(0) == 0) {
      config.remove("sliding_window");
    }
    List<Double> longer = gguf.values("rope_factors_long.weight");
    if (!longer.isEmpty()) {
      Map<String, Object> scaling = new LinkedHashMap<>();
      Configurations.longRope(scaling, longer, gguf.values("rope_factors_short.weight"));
      Configurations.real(gguf, scaling, ".rope.scaling.attn_factor", "attention_factor");
      config.put("rope_scaling", scaling);
    }
  }
}
