package dev.lqmf.model.arch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Head;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Mlp;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Projection;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import java.util.OptionalInt;

/** Phi-1 to 3 (Transformers {@code modeling_phi.py}, {@code modeling_phi3.py}). */
final class PhiNetwork {
  private PhiNetwork() {}

  static Network phi(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.partial(c).evenHalves(shape.headSize());
    double e = c.real("layer_norm_eps");
    Activation activation = c.activation("hidden_act");
    boolean normed = c.flag("qk_layernorm");
    return shape.network(
        shape.embedding(),
        i -> {
          String layer = DecoderShape.layer(i);
          String module = layer + ".self_attn";
          Attention.Builder attention = shape.attention(module, true, "dense", true).rotary(rotary);
          if (normed) {
            int size = shape.headSize();
            attention.norms(
                Norm.layer(module + ".q_layernorm", size, e),
                Norm.layer(module + ".k_layernorm", size, e));
          }
          Norm norm = shape.layerNorm(layer + ".input_layernorm", e);
          return Block.parallel(
              layer,
              Sublayer.preNorm(norm, attention.build()),
              Sublayer.preNorm(
                  norm,
                  new Mlp.Plain(
                      new Linear(layer + ".mlp.fc1", shape.width(), shape.inner(), true),
                      activation,
                      new Linear(layer + ".mlp.fc2", shape.inner(), shape.width(), true))));
        },
        shape.layerNorm("model.final_layernorm", e),
        Head.of(
            new Linear("lm_head", shape.width(), shape.vocabulary(), true),
            c.flag("tie_word_embeddings")));
  }

  static Network phi3(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.ofPhi3(c).halves(shape.headSize());
    OptionalInt window = c.optionalSize("sliding_window");
    double e = c.real("rms_norm_eps");
    Activation activation = c.activation("hidden_act");
    int queries = shape.heads() * shape.headSize();
    int rows = queries + 2 * shape.keyHeads() * shape.headSize();
    return shape.network(
        shape.embedding(),
        i -> {
          String layer = DecoderShape.layer(i);
          String module = layer + ".self_attn";
          Attention attention =
              Attention.of(
                      shape.heads(),
                      shape.headSize(),
                      new Projection.Fused(
                          new Linear(module + ".qkv_proj", shape.width(), rows, false), 1, false),
                      new Linear(module + ".o_proj", queries, shape.width(), false))
                  .keyHeads(shape.keyHeads())
                  .rotary(rotary)
                  .window(window)
                  .build();
          return Block.sequential(
              layer,
              Sublayer.preNorm(shape.rms(layer + ".input_layernorm", e), attention),
              Sublayer.preNorm(
                  shape.rms(layer + ".post_attention_layernorm", e),
                  shape.fusedGated(layer + ".mlp", activation)));
        },
        shape.rms("model.norm", e),
        shape.head());
  }
}
