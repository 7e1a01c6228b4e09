package dev.lqmf.model.arch;

import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.ModelDefaults;
import java.util.Map;

/** OPT, which llama.cpp has no architecture for. */
final class Opt {
  private Opt() {}

  static Architecture table() {
    return Architecture.withoutGguf("opt", "OPTForCausalLM").defaults(DEFAULTS).build();
  }

  /** Transformers' {@code OPTConfig}. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("opt")
          .set("vocab_size", 50272)
          .set("hidden_size", 768)
          .set("num_hidden_layers", 12)
          .set("ffn_dim", 3072)
          .set("max_position_embeddings", 2048)
          .set("do_layer_norm_before", true)
          .set("_remove_final_layer_norm", false)
          .set("num_attention_heads", 12)
          .set("activation_function", "relu")
          .set("enable_bias", true)
          .set("layer_norm_elementwise_affine", true)
          .set("tie_word_embeddings", true)
          .set("pad_token_id", 1)
          .set("bos_token_id", 2)
          .set("eos_token_id", 2)
          .compute(config -> Map.of("word_embed_proj_dim", config.count("hidden_size")));
}
