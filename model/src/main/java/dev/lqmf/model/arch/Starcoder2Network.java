package dev.lqmf.model.arch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Mlp;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import java.util.OptionalInt;

/** StarCoder2 (Transformers {@code modeling_starcoder2.py}). */
final class Starcoder2Network {
  private Starcoder2Network() {}

  static Network of(NetworkConfig c) {
    DecoderShape shape =
        DecoderShape.of(c, new DecoderShape.Defaults(49152, 3072, 12288, 30, 24, 2));
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    OptionalInt window = LlamaNetwork.window(c, 0);
    boolean bias = c.flag(true, "use_bias");
    double e = c.real(1e-5, "norm_epsilon");
    Activation activation = c.activation("gelu_pytorch_tanh", "hidden_act");
    return shape.network(
        shape.embedding(),
        i -> {
          String layer = DecoderShape.layer(i);
          Attention attention =
              shape.attention(layer + ".self_attn", bias).rotary(rotary).window(window).build();
          return Block.sequential(
              layer,
              Sublayer.preNorm(shape.layerNorm(layer + ".input_layernorm", e), attention),
              Sublayer.preNorm(
                  shape.layerNorm(layer + ".post_attention_layernorm", e),
                  new Mlp.Plain(
                      new Linear(layer + ".mlp.c_fc", shape.width(), shape.inner(), bias),
                      activation,
                      new Linear(layer + ".mlp.c_proj", shape.inner(), shape.width(), bias))));
        },
        shape.layerNorm("model.norm", e),
        shape.head(true));
  }
}
