package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.ModelDefaults;
import dev.lqmf.model.tokenizer.Vocabularies;

/** BLOOM (llama.cpp {@code conversion/bloom.py}). */
final class Bloom {
  private Bloom() {}

  static Architecture table() {
    return Architecture.named("bloom", "BloomForCausalLM", "BloomModel")
        .defaults(DEFAULTS)
        .reads(
            Configurations::common,
            (_, config) -> Configurations.also(config, "max_position_embeddings", "seq_length"),
            (_, config) -> Configurations.also(config, "layer_norm_eps", "layer_norm_epsilon"))
        .parameters(Bloom::parameters)
        .tensor("lm_head", "output")
        .prefixes("transformer.", "")
        .tensor("word_embeddings", "token_embd")
        .tensor("word_embeddings_layernorm", "token_embd_norm")
        .tensor("ln_f", "output_norm")
        .tensor("h.{bid}.input_layernorm", "blk.{bid}.attn_norm")
        .tensor(
            "h.{bid}.self_attention.query_key_value",
            "blk.{bid}.attn_qkv",
            Transforms.INTERLEAVED_QKV)
        .tensor("h.{bid}.self_attention.dense", "blk.{bid}.attn_output")
        .tensor("h.{bid}.post_attention_layernorm", "blk.{bid}.ffn_norm")
        .tensor("h.{bid}.mlp.dense_h_to_4h", "blk.{bid}.ffn_up")
        .tensor("h.{bid}.mlp.dense_4h_to_h", "blk.{bid}.ffn_down")
        .vocabulary(Vocabularies::byteLevelBpe)
        .build();
  }

  /** Transformers' {@code BloomConfig}; {@code seq_length} is what BLOOM was trained with. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("bloom")
          .alias("n_embed", "hidden_size")
          .alias("num_hidden_layers", "n_layer")
          .alias("num_attention_heads", "n_head")
          .set("vocab_size", 250880)
          .set("hidden_size", 64)
          .set("n_layer", 2)
          .set("n_head", 8)
          .set("layer_norm_epsilon", 1e-5)
          .set("apply_residual_connection_post_layernorm", false)
          .set("tie_word_embeddings", true)
          .set("seq_length", 2048);

  private static void parameters(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    long width = config.count("hidden_size");
    out.u32(".context_length", config.count("seq_length"));
    out.u32(".embedding_length", width);
    out.u32(".feed_forward_length", 4 * width);
    out.u32(".block_count", config.count("n_layer"));
    out.u32(".attention.head_count", config.count("n_head"));
    out.u32(".attention.head_count_kv", config.count("n_head"));
    Parameters.real(config, out, ".attention.layer_norm_epsilon", "layer_norm_epsilon");
    Parameters.fileType(context, out);
    if (config.bool("apply_residual_connection_post_layernorm").orElse(false)) {
      context.note("llama.cpp's bloom does not know apply_residual_connection_post_layernorm");
    }
  }
}
