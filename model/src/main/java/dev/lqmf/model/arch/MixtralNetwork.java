package dev.lqmf.model.arch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Experts;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Mlp;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** Mixtral (Transformers {@code modeling_mixtral.py}). */
final class MixtralNetwork {
  private MixtralNetwork() {}

  static Network of(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    OptionalInt window = c.optionalSize("sliding_window");
    double e = c.real("rms_norm_eps");
    Activation activation = c.activation("hidden_act");
    int experts = c.size("num_local_experts", "num_experts");
    int chosen = c.size("num_experts_per_tok");
    return shape.network(
        shape.embedding(),
        i -> {
          String layer = DecoderShape.layer(i);
          Attention attention =
              shape.attention(layer + ".self_attn", false).rotary(rotary).window(window).build();
          String moe = layer + ".block_sparse_moe";
          return Block.sequential(
              layer,
              Sublayer.preNorm(shape.rms(layer + ".input_layernorm", e), attention),
              Sublayer.preNorm(
                  shape.rms(layer + ".post_attention_layernorm", e),
                  new Experts(
                      new Linear(moe + ".gate", shape.width(), experts, false),
                      IntStream.range(0, experts)
                          .mapToObj(n -> expert(shape, moe + ".experts." + n, activation))
                          .toList(),
                      Math.min(chosen, experts),
                      true)));
        },
        shape.rms("model.norm", e),
        shape.head());
  }

  private static Mlp.Gated expert(DecoderShape shape, String module, Activation activation) {
    return new Mlp.Gated(
        new Linear(module + ".w1", shape.width(), shape.inner(), false),
        new Linear(module + ".w3", shape.width(), shape.inner(), false),
        activation,
        new Linear(module + ".w2", shape.inner(), shape.width(), false));
  }
}
