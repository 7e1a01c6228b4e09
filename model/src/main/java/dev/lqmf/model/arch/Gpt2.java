package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.tokenizer.Vocabularies;
import java.util.Map;

/** GPT-2, DialoGPT (llama.cpp {@code conversion/gpt2.py}). */
final class Gpt2 {
  private Gpt2() {}

  static Family family() {
    return Family.of(
            "gpt2",
            architecture ->
                architecture
                    .reads(Configurations::common, Gpt2::read)
                    .parameters(Gpt2::parameters)
                    .tensor("lm_head", "output")
                    .prefixes("transformer.", "")
                    .tensor("wte", "token_embd")
                    .tensor("wpe", "position_embd")
                    .tensor("ln_f", "output_norm")
                    .tensor("h.{bid}.ln_1", "blk.{bid}.attn_norm")
                    .tensor("h.{bid}.attn.c_attn", "blk.{bid}.attn_qkv", Transforms.CONV1D)
                    .tensor("h.{bid}.attn.c_proj", "blk.{bid}.attn_output", Transforms.CONV1D)
                    .tensor("h.{bid}.ln_2", "blk.{bid}.ffn_norm")
                    .tensor("h.{bid}.mlp.c_fc", "blk.{bid}.ffn_up", Transforms.CONV1D)
                    .tensor("h.{bid}.mlp.c_proj", "blk.{bid}.ffn_down", Transforms.CONV1D)
                    // Causal mask and its fill value, buffers of old checkpoints: attn.bias,
                    // attn.masked_bias.
                    .drop("h.{bid}.attn", "h.{bid}.attn.masked_bias")
                    .vocabulary(Vocabularies::byteLevelBpe))
        .with(DEFAULTS, Gpt2Network::gpt2, "GPT2LMHeadModel");
  }

  /** Transformers' {@code GPT2Config}. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("gpt2")
          .alias("hidden_size", "n_embd")
          .alias("max_position_embeddings", "n_positions")
          .alias("num_attention_heads", "n_head")
          .alias("num_hidden_layers", "n_layer")
          .set("vocab_size", 50257)
          .set("n_positions", 1024)
          .set("n_embd", 768)
          .set("n_layer", 12)
          .set("n_head", 12)
          .set("activation_function", "gelu_new")
          .set("layer_norm_epsilon", 1e-5)
          .set("scale_attn_weights", true)
          .set("scale_attn_by_inverse_layer_idx", false)
          .set("tie_word_embeddings", true);

  private static void parameters(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    long width = config.count("n_embd");
    out.u32(".block_count", config.count("n_layer"));
    out.u32(".context_length", config.count("n_ctx", "n_positions"));
    out.u32(".embedding_length", width);
    out.u32(".feed_forward_length", config.integer("n_inner").orElse(4 * width));
    out.u32(".attention.head_count", config.count("n_head"));
    Parameters.real(config, out, ".attention.layer_norm_epsilon", "layer_norm_epsilon");
    Parameters.fileType(context, out);
    differences(context);
  }

  private static void differences(ModelContext context) {
    HfConfig config = context.config();
    config
        .string("activation_function")
        .filter(a -> !a.startsWith("gelu"))
        .ifPresent(
            a -> context.note("llama.cpp's gpt2 uses GELU where activation_function is " + a));
    for (String key : new String[] {"scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn"}) {
      if (config.bool(key).orElse(false)) {
        context.note("llama.cpp's gpt2 does not know " + key);
      }
    }
    if (!config.bool("scale_attn_weights").orElse(true)) {
      context.note("llama.cpp's gpt2 scales attention, where scale_attn_weights is false");
    }
  }

  private static void read(GgufReading gguf, Map<String, Object> config) {
    Configurations.also(config, "intermediate_size", "n_inner");
    Configurations.also(config, "layer_norm_eps", "layer_norm_epsilon");
  }
}
