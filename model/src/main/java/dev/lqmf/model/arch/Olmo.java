package dev.lqmf.model.arch;

import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.ModelDefaults;
import dev.lqmf.model.tokenizer.Vocabularies;

/** OLMo 2 (llama.cpp {@code conversion/olmo.py}). */
final class Olmo {
  private Olmo() {}

  static Architecture olmo2() {
    return Architecture.named("olmo2", "Olmo2ForCausalLM")
        .defaults(OLMO2)
        .reads(Configurations::common)
        .parameters(
            Parameters::common,
            (context, _) -> Decoder.noteActivation(context, "hidden_act", "SiLU", "silu"))
        .tensor("model.embed_tokens", "token_embd")
        .tensor("model.norm", "output_norm")
        .tensor("lm_head", "output")
        .with(Decoder::attention)
        .with(Decoder::queryKeyNorms)
        .tensor("model.layers.{bid}.post_attention_layernorm", "blk.{bid}.post_attention_norm")
        .with(Decoder::gatedMlp)
        .tensor("model.layers.{bid}.post_feedforward_layernorm", "blk.{bid}.post_ffw_norm")
        .vocabulary(Vocabularies::byteLevelBpe)
        .build();
  }

  /** Transformers' {@code Olmo2Config}. */
  private static final ModelDefaults OLMO2 =
      ModelDefaults.of("olmo2")
          .rotary(10_000)
          .set("vocab_size", 50304)
          .set("hidden_size", 4096)
          .set("intermediate_size", 11008)
          .set("num_hidden_layers", 32)
          .set("num_attention_heads", 32)
          .set("hidden_act", "silu")
          .set("max_position_embeddings", 2048)
          .set("rms_norm_eps", 1e-5)
          .set("tie_word_embeddings", false)
          .set("attention_bias", false)
          .compute(Decoder::keyValueHeads);
}
