package dev.lqmf.model.arch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import java.util.OptionalInt;

/** Llama and Mistral (Transformers {@code modeling_llama.py}, {@code modeling_mistral.py}). */
final class LlamaNetwork {
  private LlamaNetwork() {}

  static Network llama(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    boolean mlpBias = c.flag("mlp_bias");
    boolean bias = c.flag("attention_bias");
    return plain(
        shape,
        mlpBias,
        i -> shape.attention(DecoderShape.layer(i) + ".self_attn", bias).rotary(rotary).build());
  }

  static Network mistral(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    OptionalInt window = c.optionalSize("sliding_window");
    return plain(
        shape,
        false,
        i ->
            shape
                .attention(DecoderShape.layer(i) + ".self_attn", false)
                .rotary(rotary)
                .window(window)
                .build());
  }

  /** What the blocks of a model have of their own. */
  @FunctionalInterface
  interface AttentionOfLayer {
    Attention of(int layer);
  }

  private static Network plain(DecoderShape shape, boolean mlpBias, AttentionOfLayer attention) {
    NetworkConfig c = shape.config();
    double e = c.real("rms_norm_eps");
    Activation activation = c.activation("hidden_act");
    return shape.network(
        shape.embedding(),
        i -> block(shape, i, e, attention.of(i), activation, mlpBias, 1),
        shape.rms("model.norm", e),
        shape.head());
  }

  static Block block(
      DecoderShape shape,
      int i,
      double epsilon,
      Attention attention,
      Activation activation,
      boolean mlpBias,
      double residual) {
    String layer = DecoderShape.layer(i);
    Norm first = shape.rms(layer + ".input_layernorm", epsilon);
    Norm second = shape.rms(layer + ".post_attention_layernorm", epsilon);
    return Block.sequential(
        layer,
        Sublayer.preNorm(first, attention, residual),
        Sublayer.preNorm(
            second, shape.gated(layer + ".mlp", shape.inner(), activation, mlpBias), residual));
  }
}
