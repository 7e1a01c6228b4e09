package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.TensorRule;
import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Mlp;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import dev.lqmf.model.tokenizer.Vocabularies;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * StableLM (Transformers {@code modeling_stablelm.py}, llama.cpp {@code conversion/stablelm.py}).
 */
final class StableLm {
  private StableLm() {}

  static Family family() {
    return Family.of(
            "stablelm",
            architecture ->
                architecture
                    .reads(Configurations::common, Configurations::partialRotary, StableLm::read)
                    .parameters(StableLm::parameters)
                    .with(Decoder::frame)
                    .with(Decoder::attention)
                    .experts(
                        "model.layers.{bid}.self_attn.{part}.norms.{xid}",
                        "num_attention_heads",
                        new TensorRule.Part("q_layernorm", "blk.{bid}.attn_q_norm"))
                    .experts(
                        "model.layers.{bid}.self_attn.{part}.norms.{xid}",
                        "num_key_value_heads",
                        new TensorRule.Part("k_layernorm", "blk.{bid}.attn_k_norm"))
                    .with(Decoder::gatedMlp)
                    .tensorNotes(Loading::ownHead)
                    .vocabulary(Vocabularies::byteLevelBpe))
        .with(DEFAULTS, StableLm::network, "StableLmForCausalLM", "StableLMEpochForCausalLM");
  }

  /** Transformers' {@code StableLmConfig}. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("stablelm")
          .rotary(10_000)
          .alias("rope_pct", "partial_rotary_factor")
          .alias("norm_eps", "layer_norm_eps")
          .set("vocab_size", 50304)
          .set("intermediate_size", 6912)
          .set("hidden_size", 2560)
          .set("num_hidden_layers", 32)
          .set("num_attention_heads", 32)
          .set("num_key_value_heads", 32)
          .set("hidden_act", "silu")
          .set("max_position_embeddings", 4096)
          .set("layer_norm_eps", 1e-5)
          .set("tie_word_embeddings", false)
          .set("use_qkv_bias", false)
          .set("qk_layernorm", false)
          .set("use_parallel_residual", false)
          .set("partial_rotary_factor", 0.25);

  private static void parameters(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    out.u32(".context_length", config.count("max_position_embeddings"));
    out.u32(".embedding_length", config.count("hidden_size"));
    out.u32(".block_count", config.count("num_hidden_layers"));
    out.u32(".feed_forward_length", config.count("intermediate_size"));
    Parameters.partialRopeDimensions(context, out);
    out.u32(".attention.head_count", config.count("num_attention_heads"));
    out.u32(".attention.head_count_kv", config.count("num_key_value_heads"));
    out.bool(".use_parallel_residual", config.bool("use_parallel_residual").orElse(false));
    Parameters.real(config, out, ".attention.layer_norm_epsilon", "layer_norm_eps");
    Parameters.fileType(context, out);
    Parameters.unusualRope(context, out);
    Decoder.noteActivation(context, "hidden_act", "SiLU", "silu");
  }

  private static void read(GgufReading gguf, Map<String, Object> config) {
    Configurations.bool(gguf, config, ".use_parallel_residual", "use_parallel_residual");
    Configurations.also(config, "attention_bias", "use_qkv_bias");
    config.put("qk_layernorm", gguf.has("blk.0.attn_q_norm.weight"));
  }

  private static Network network(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.partial(c).evenHalves(shape.headSize());
    boolean bias = c.flag("use_qkv_bias");
    boolean parallel = c.flag("use_parallel_residual");
    boolean normed = c.flag("qk_layernorm");
    double e = c.real("layer_norm_eps");
    Activation activation = c.activation("hidden_act");
    return shape.network(
        shape.embedding(),
        i -> {
          String layer = DecoderShape.layer(i);
          String module = layer + ".self_attn";
          Attention.Builder attention =
              shape.attention(module, bias, "o_proj", false).rotary(rotary);
          if (normed) {
            attention.norms(
                perHead(module + ".q_layernorm", shape.heads(), shape.headSize(), e),
                perHead(module + ".k_layernorm", shape.keyHeads(), shape.headSize(), e));
          }
          Mlp mlp = shape.gated(layer + ".mlp", shape.inner(), activation, false);
          Norm first = shape.layerNorm(layer + ".input_layernorm", e);
          return parallel
              ? Block.parallel(
                  layer, Sublayer.preNorm(first, attention.build()), Sublayer.preNorm(first, mlp))
              : Block.sequential(
                  layer,
                  Sublayer.preNorm(first, attention.build()),
                  Sublayer.preNorm(shape.layerNorm(layer + ".post_attention_layernorm", e), mlp));
        },
        shape.layerNorm("model.norm", e),
        shape.head());
  }

  /** Each head has weights of its own, and no bias. */
  private static Norm perHead(String module, int heads, int size, double epsilon) {
    return new Norm(
        Norm.Kind.LAYER,
        IntStream.range(0, heads).mapToObj(h -> module + ".norms." + h).toList(),
        size,
        epsilon,
        0,
        false);
  }
}
