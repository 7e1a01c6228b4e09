package dev.lqmf.model.arch;

import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import dev.lqmf.model.tokenizer.Vocabularies;

/**
 * OLMo 2: norms after attention and MLP, and of all queries and all keys together (Transformers
 * {@code modeling_olmo2.py}, llama.cpp {@code conversion/olmo.py}).
 */
final class Olmo {
  private Olmo() {}

  static Family olmo2() {
    return Family.of(
            "olmo2",
            architecture ->
                architecture
                    .reads(Configurations::common)
                    .parameters(
                        Parameters::common,
                        (context, _) ->
                            Decoder.noteActivation(context, "hidden_act", "SiLU", "silu"))
                    .tensor("model.embed_tokens", "token_embd")
                    .tensor("model.norm", "output_norm")
                    .tensor("lm_head", "output")
                    .with(Decoder::attention)
                    .with(Decoder::queryKeyNorms)
                    .tensor(
                        "model.layers.{bid}.post_attention_layernorm",
                        "blk.{bid}.post_attention_norm")
                    .with(Decoder::gatedMlp)
                    .tensor(
                        "model.layers.{bid}.post_feedforward_layernorm", "blk.{bid}.post_ffw_norm")
                    .tensorNotes(
                        Loading::ownHead, Loading::headsOfWidth, Loading.noBias("attn_output"))
                    .vocabulary(Vocabularies::byteLevelBpe))
        .with(OLMO2, Olmo::network2, "Olmo2ForCausalLM");
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

  private static Network network2(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    boolean bias = c.flag("attention_bias");
    double e = c.real("rms_norm_eps");
    Activation activation = c.activation("hidden_act");
    return shape.network(
        shape.embedding(),
        i -> {
          String layer = DecoderShape.layer(i);
          String module = layer + ".self_attn";
          Attention attention =
              shape
                  .attention(module, bias)
                  .norms(
                      Norm.rms(module + ".q_norm", shape.heads() * shape.headSize(), e),
                      Norm.rms(module + ".k_norm", shape.keyHeads() * shape.headSize(), e))
                  .rotary(rotary)
                  .build();
          return Block.sequential(
              layer,
              Sublayer.outputNorm(attention, shape.rms(layer + ".post_attention_layernorm", e)),
              Sublayer.outputNorm(
                  shape.gated(layer + ".mlp", shape.inner(), activation, false),
                  shape.rms(layer + ".post_feedforward_layernorm", e)));
        },
        shape.rms("model.norm", e),
        shape.head());
  }
}
