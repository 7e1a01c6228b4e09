package dev.lqmf.model.arch;

import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.ModelDefaults;

/** BART, BlenderBot and BlenderBot-small, which llama.cpp has no architecture for. */
final class Bart {
  private Bart() {}

  static Architecture bart() {
    return Architecture.withoutGguf("bart", "BartForConditionalGeneration").defaults(BART).build();
  }

  static Architecture blenderbot() {
    return Architecture.withoutGguf("blenderbot", "BlenderbotForConditionalGeneration")
        .defaults(
            BART.as("blenderbot")
                .set("vocab_size", 8008)
                .set("max_position_embeddings", 128)
                .set("encoder_layers", 2)
                .set("encoder_ffn_dim", 10240)
                .set("encoder_attention_heads", 32)
                .set("decoder_layers", 24)
                .set("decoder_ffn_dim", 10240)
                .set("decoder_attention_heads", 32)
                .set("d_model", 2560)
                .set("decoder_start_token_id", 1)
                .set("pad_token_id", 0)
                .set("bos_token_id", 1))
        .build();
  }

  static Architecture blenderbotSmall() {
    return Architecture.withoutGguf("blenderbot-small", "BlenderbotSmallForConditionalGeneration")
        .defaults(
            BART.as("blenderbot-small")
                .set("max_position_embeddings", 512)
                .set("encoder_layers", 8)
                .set("encoder_ffn_dim", 2048)
                .set("decoder_layers", 8)
                .set("decoder_ffn_dim", 2048)
                .set("d_model", 512)
                .set("decoder_start_token_id", 1)
                .set("pad_token_id", 0)
                .set("bos_token_id", 1))
        .build();
  }

  /** Transformers' {@code BartConfig}. */
  private static final ModelDefaults BART =
      ModelDefaults.of("bart")
          .alias("num_attention_heads", "encoder_attention_heads")
          .alias("hidden_size", "d_model")
          .alias("num_hidden_layers", "encoder_layers")
          .set("vocab_size", 50265)
          .set("max_position_embeddings", 1024)
          .set("encoder_layers", 12)
          .set("encoder_ffn_dim", 4096)
          .set("encoder_attention_heads", 16)
          .set("decoder_layers", 12)
          .set("decoder_ffn_dim", 4096)
          .set("decoder_attention_heads", 16)
          .set("activation_function", "gelu")
          .set("d_model", 1024)
          .set("scale_embedding", false)
          .set("tie_word_embeddings", true)
          .set("decoder_start_token_id", 2)
          .set("forced_eos_token_id", 2)
          .set("pad_token_id", 1)
          .set("bos_token_id", 0)
          .set("eos_token_id", 2);
}
