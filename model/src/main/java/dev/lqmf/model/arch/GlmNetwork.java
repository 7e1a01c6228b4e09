package dev.lqmf.model.arch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import java.util.OptionalInt;

/** GLM and GLM-4 (Transformers {@code modeling_glm.py}, {@code modeling_glm4.py}). */
final class GlmNetwork {
  private GlmNetwork() {}

  static Network glm(NetworkConfig c) {
    return of(c, false);
  }

  static Network glm4(NetworkConfig c) {
    return of(c, true);
  }

  private static Network of(NetworkConfig c, boolean sandwich) {
    DecoderShape shape =
        DecoderShape.of(
            c, new DecoderShape.Defaults(151552, 4096, 13696, 40, 32, 2), OptionalInt.of(128));
    Rotary rotary = Rotaries.of(c, 10_000, 0.5).interleaved(shape.headSize());
    boolean bias = c.flag(true, "attention_bias");
    double e = c.real(1.5625e-7, "rms_norm_eps");
    Activation activation = c.activation("silu", "hidden_act");
    return shape.network(
        shape.embedding(),
        i -> {
          String layer = DecoderShape.layer(i);
          Attention attention =
              shape.attention(layer + ".self_attn", bias, "o_proj", false).rotary(rotary).build();
          var mlp = shape.fusedGated(layer + ".mlp", activation);
          Norm first = shape.rms(layer + ".input_layernorm", e);
          Norm second = shape.rms(layer + ".post_attention_layernorm", e);
          return sandwich
              ? Block.sequential(
                  layer,
                  Sublayer.sandwich(
                      first, attention, shape.rms(layer + ".post_self_attn_layernorm", e)),
                  Sublayer.sandwich(second, mlp, shape.rms(layer + ".post_mlp_layernorm", e)))
              : Block.sequential(
                  layer, Sublayer.preNorm(first, attention), Sublayer.preNorm(second, mlp));
        },
        shape.rms("model.norm", e),
        shape.head(false));
  }
}
