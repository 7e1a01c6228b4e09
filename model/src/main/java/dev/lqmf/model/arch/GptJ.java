package dev.lqmf.model.arch;

import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.ModelDefaults;
import java.util.Map;

/** GPT-J and CodeGen, which llama.cpp has no architecture for. */
final class GptJ {
  private GptJ() {}

  static Architecture gptJ() {
    return Architecture.withoutGguf("gptj", "GPTJForCausalLM").defaults(GPT_J).build();
  }

  static Architecture codeGen() {
    return Architecture.withoutGguf("codegen", "CodeGenForCausalLM")
        .defaults(GPT_J.as("codegen").set("n_ctx", 2048))
        .build();
  }

  /** Transformers' {@code GPTJConfig}, and {@code CodeGenConfig} but for {@code n_ctx}. */
  private static final ModelDefaults GPT_J =
      ModelDefaults.of("gptj")
          .alias("max_position_embeddings", "n_positions")
          .alias("hidden_size", "n_embd")
          .alias("num_attention_heads", "n_head")
          .alias("num_hidden_layers", "n_layer")
          .set("vocab_size", 50400)
          .set("n_positions", 2048)
          .set("n_embd", 4096)
          .set("n_layer", 28)
          .set("n_head", 16)
          .set("rotary_dim", 64)
          .set("activation_function", "gelu_new")
          .set("layer_norm_epsilon", 1e-5)
          .set("tie_word_embeddings", false)
          .set("bos_token_id", 50256)
          .set("eos_token_id", 50256)
          .compute(config -> Map.of("n_inner", 4 * config.count("n_embd")));
}
