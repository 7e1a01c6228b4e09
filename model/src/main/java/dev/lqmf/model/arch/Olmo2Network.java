package dev.lqmf.model.arch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;

/** OLMo 2: norms after attention and MLP, and of all queries and all keys together. */
final class Olmo2Network {
  private Olmo2Network() {}

  static Network of(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c, new DecoderShape.Defaults(50304, 4096, 11008, 32, 32));
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    boolean bias = c.flag(false, "attention_bias");
    double e = c.real(1e-5, "rms_norm_eps");
    Activation activation = c.activation("silu", "hidden_act");
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
        shape.head(false));
  }
}
