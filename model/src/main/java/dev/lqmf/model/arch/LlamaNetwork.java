package dev.lqmf.model.arch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Llama, Mistral, SmolLM3 and Granite (Transformers {@code modeling_llama.py} and relatives). */
final class LlamaNetwork {
  private LlamaNetwork() {}

  static Network llama(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c, new DecoderShape.Defaults(32000, 4096, 11008, 32, 32));
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    boolean mlpBias = c.flag(false, "mlp_bias");
    boolean bias = c.flag(false, "attention_bias");
    return plain(
        shape,
        1e-6,
        mlpBias,
        i -> shape.attention(DecoderShape.layer(i) + ".self_attn", bias).rotary(rotary).build());
  }

  static Network mistral(NetworkConfig c) {
    DecoderShape shape =
        DecoderShape.of(c, new DecoderShape.Defaults(32000, 4096, 14336, 32, 32, 8));
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    OptionalInt window = window(c, 4096);
    return plain(
        shape,
        1e-6,
        false,
        i ->
            shape
                .attention(DecoderShape.layer(i) + ".self_attn", false)
                .rotary(rotary)
                .window(window)
                .build());
  }

  /** A window in all layers; the default stands for a missing key, null for none. */
  static OptionalInt window(NetworkConfig c, int missing) {
    return c.config().has("sliding_window") || missing == 0
        ? c.optionalSize("sliding_window")
        : OptionalInt.of(missing);
  }

  /** What the blocks of a model have of their own. */
  @FunctionalInterface
  interface AttentionOfLayer {
    Attention of(int layer);
  }

  private static Network plain(
      DecoderShape shape, double epsilon, boolean mlpBias, AttentionOfLayer attention) {
    NetworkConfig c = shape.config();
    double e = c.real(epsilon, "rms_norm_eps");
    Activation activation = c.activation("silu", "hidden_act");
    return shape.network(
        shape.embedding(),
        i -> block(shape, i, e, attention.of(i), activation, mlpBias, 1),
        shape.rms("model.norm", e),
        shape.head(false));
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

  /** Some layers without rotation, and a window there if the configuration wants one. */
  static Network smolLm3(NetworkConfig c) {
    DecoderShape shape =
        DecoderShape.of(c, new DecoderShape.Defaults(128256, 2048, 11008, 36, 16, 4));
    Rotary rotary = Rotaries.of(c, 2_000_000).halves(shape.headSize());
    boolean bias = c.flag(false, "attention_bias");
    boolean mlpBias = c.flag(false, "mlp_bias");
    int interval = c.size(4, "no_rope_layer_interval");
    List<Long> rotated = c.config().integers("no_rope_layers");
    OptionalInt window = c.optionalSize("sliding_window");
    // Where the configuration lists the layers, the list alone decides.
    boolean windowed = c.flag(false, "use_sliding_window");
    Optional<List<String>> types = c.layerTypes(shape.layers());
    double e = c.real(1e-6, "rms_norm_eps");
    Activation activation = c.activation("silu", "hidden_act");
    if (!rotated.isEmpty() && rotated.size() != shape.layers()) {
      c.refuse(true, "a list no_rope_layers whose length is not the number of layers");
    }
    return shape.network(
        shape.embedding(),
        i -> {
          boolean rotates = rotated.isEmpty() ? (i + 1) % interval != 0 : rotated.get(i) != 0;
          boolean slides =
              types.map(t -> t.get(i).equals("sliding_attention")).orElse(windowed && !rotates);
          Attention attention =
              shape
                  .attention(DecoderShape.layer(i) + ".self_attn", bias)
                  .rotary(rotates ? Optional.of(rotary) : Optional.empty())
                  .window(slides ? window : OptionalInt.empty())
                  .build();
          return block(shape, i, e, attention, activation, mlpBias, 1);
        },
        shape.rms("model.norm", e),
        shape.head(true));
  }

  /** Four multipliers: of the embedding, the scores, the residual connections, the logits. */
  static Network granite(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c, new DecoderShape.Defaults(32000, 4096, 11008, 32, 32));
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    boolean bias = c.flag(false, "attention_bias");
    boolean mlpBias = c.flag(false, "mlp_bias");
    double scale = c.real(1, "attention_multiplier");
    double residual = c.real(1, "residual_multiplier");
    double e = c.real(1e-6, "rms_norm_eps");
    Activation activation = c.activation("silu", "hidden_act");
    return shape.network(
        shape.embedding().scaled(c.real(1, "embedding_multiplier")),
        i -> {
          Attention attention =
              shape
                  .attention(DecoderShape.layer(i) + ".self_attn", bias)
                  .scale(scale)
                  .rotary(rotary)
                  .build();
          return block(shape, i, e, attention, activation, mlpBias, residual);
        },
        shape.rms("model.norm", e),
        shape.head(false).scaled(1 / c.real(1, "logits_scaling")));
  }
}
