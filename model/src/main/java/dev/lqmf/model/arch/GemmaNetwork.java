package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Gemma 2 and the text part of Gemma 3 (Transformers {@code modeling_gemma2.py}, {@code
 * modeling_gemma3.py}): four norms per block, whose weights are stored minus 1; windows in most
 * layers.
 */
final class GemmaNetwork {
  private GemmaNetwork() {}

  static Network gemma2(NetworkConfig c) {
    DecoderShape shape =
        DecoderShape.of(
            c, new DecoderShape.Defaults(256000, 2304, 9216, 26, 8, 4), OptionalInt.of(256));
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    OptionalInt window = LlamaNetwork.window(c, 4096);
    Optional<List<String>> types = c.layerTypes(shape.layers());
    OptionalDouble cap = c.switchable(OptionalDouble.of(50), "attn_logit_softcapping");
    return network(
        shape,
        c.switchable(OptionalDouble.of(30), "final_logit_softcapping"),
        i ->
            attention(shape, i)
                .rotary(rotary)
                .softCap(cap)
                .window(slides(types, i, i % 2 == 0) ? window : OptionalInt.empty())
                .build());
  }

  /** Transformers has attn_logit_softcapping in its configuration, but does not use it there. */
  static Network gemma3(NetworkConfig c) {
    DecoderShape shape =
        DecoderShape.of(
            c, new DecoderShape.Defaults(262208, 2304, 9216, 26, 8, 4), OptionalInt.of(256));
    Rotary global = global(c).halves(shape.headSize());
    Rotary local = local(c).halves(shape.headSize());
    OptionalInt window = LlamaNetwork.window(c, 4096);
    Optional<List<String>> types = c.layerTypes(shape.layers());
    // What Transformers saves as _sliding_window_pattern it does not read.
    int pattern = c.size(6, "sliding_window_pattern");
    double e = c.real(1e-6, "rms_norm_eps");
    return network(
        shape,
        c.switchable(OptionalDouble.empty(), "final_logit_softcapping"),
        i -> {
          boolean slides = slides(types, i, (i + 1) % pattern != 0);
          String module = DecoderShape.layer(i) + ".self_attn";
          return attention(shape, i)
              .norms(
                  norm(module + ".q_norm", shape.headSize(), e),
                  norm(module + ".k_norm", shape.headSize(), e))
              .rotary(slides ? local : global)
              .window(slides ? window : OptionalInt.empty())
              .build();
        });
  }

  private static boolean slides(Optional<List<String>> types, int i, boolean otherwise) {
    return types.map(t -> t.get(i).equals("sliding_attention")).orElse(otherwise);
  }

  private static Rotaries global(NetworkConfig c) {
    HfConfig config = c.config();
    Optional<HfConfig> nested =
        config.object("rope_parameters").flatMap(p -> p.object("full_attention"));
    double theta = config.real("rope_theta").orElse(1_000_000);
    // Transformers reads the older name of its kind, type, everywhere but here.
    Optional<HfConfig> scaling =
        config.object("rope_scaling").filter(o -> o.string("rope_type").isPresent());
    return Rotaries.ofLayer(c, scaling.or(() -> nested), theta);
  }

  private static Rotaries local(NetworkConfig c) {
    HfConfig config = c.config();
    return Rotaries.ofLayer(
        c,
        config.object("rope_parameters").flatMap(p -> p.object("sliding_attention")),
        config.real("rope_local_base_freq").orElse(10_000));
  }

  private static Attention.Builder attention(DecoderShape shape, int i) {
    NetworkConfig c = shape.config();
    return shape
        .attention(DecoderShape.layer(i) + ".self_attn", c.flag(false, "attention_bias"))
        .scale(1 / Math.sqrt(c.real(256, "query_pre_attn_scalar")));
  }

  private static Norm norm(String module, int width, double epsilon) {
    return new Norm(Norm.Kind.RMS, List.of(module), width, epsilon, 1, false);
  }

  private static Network network(
      DecoderShape shape, OptionalDouble cap, LlamaNetwork.AttentionOfLayer attention) {
    NetworkConfig c = shape.config();
    c.refuseIfTrue("use_bidirectional_attention");
    double e = c.real(1e-6, "rms_norm_eps");
    int width = shape.width();
    Activation activation = c.activation("gelu_pytorch_tanh", "hidden_activation");
    return shape.network(
        shape.embedding().scaled(Math.sqrt(width)),
        i -> {
          String layer = DecoderShape.layer(i);
          return Block.sequential(
              layer,
              Sublayer.sandwich(
                  norm(layer + ".input_layernorm", width, e),
                  attention.of(i),
                  norm(layer + ".post_attention_layernorm", width, e)),
              Sublayer.sandwich(
                  norm(layer + ".pre_feedforward_layernorm", width, e),
                  shape.gated(layer + ".mlp", shape.inner(), activation, false),
                  norm(layer + ".post_feedforward_layernorm", width, e)));
        },
        norm("model.norm", width, e),
        shape.head(true).capped(cap));
  }
}
