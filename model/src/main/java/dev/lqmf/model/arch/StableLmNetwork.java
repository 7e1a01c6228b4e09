package dev.lqmf.model.arch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Mlp;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import java.util.stream.IntStream;

/** StableLM (Transformers {@code modeling_stablelm.py}). */
final class StableLmNetwork {
  private StableLmNetwork() {}

  static Network of(NetworkConfig c) {
    DecoderShape shape =
        DecoderShape.of(c, new DecoderShape.Defaults(50304, 2560, 6912, 32, 32, 32));
    Rotary rotary = Rotaries.of(c, 10_000, 0.25).halves(shape.headSize());
    boolean bias = c.flag(false, "use_qkv_bias");
    boolean parallel = c.flag(false, "use_parallel_residual");
    boolean normed = c.flag(false, "qk_layernorm");
    double e = c.real(1e-5, "layer_norm_eps");
    Activation activation = c.activation("silu", "hidden_act");
    return shape.network(
        shape.embedding(),
        i -> {
          String layer = DecoderShape.layer(i);
          String module = layer + ".self_attn";
          Attention.Builder attention =
              shape.attention(module, bias, "o_proj", false).rotary(rotary);
          if (normed) {
            attention.norms(
                perHead(module + ".q_layernorm", shape.heads(), shape.headSize(), e),
                perHead(module + ".k_layernorm", shape.keyHeads(), shape.headSize(), e));
          }
          Mlp mlp = shape.gated(layer + ".mlp", shape.inner(), activation, false);
          Norm first = shape.layerNorm(layer + ".input_layernorm", e);
          return parallel
              ? Block.parallel(
                  layer, Sublayer.preNorm(first, attention.build()), Sublayer.preNorm(first, mlp))
              : Block.sequential(
                  layer,
                  Sublayer.preNorm(first, attention.build()),
                  Sublayer.preNorm(shape.layerNorm(layer + ".post_attention_layernorm", e), mlp));
        },
        shape.layerNorm("model.norm", e),
        shape.head(false));
  }

  /** Each head has weights of its own, and no bias. */
  private static Norm perHead(String module, int heads, int size, double epsilon) {
    return new Norm(
        Norm.Kind.LAYER,
        IntStream.range(0, heads).mapToObj(h -> module + ".norms." + h).toList(),
        size,
        epsilon,
        0,
        false);
  }
}
