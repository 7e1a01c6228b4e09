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
import java.util.Map;
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
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    List<OptionalInt> windows = c.windows(shape.layers());
    OptionalDouble cap = c.config().real("attn_logit_softcapping");
    return network(
        shape,
        c.config().real("final_logit_softcapping"),
        i -> attention(shape, i).rotary(rotary).softCap(cap).window(windows.get(i)).build());
  }

  /**
   * Transformers has attn_logit_softcapping in its configuration, but does not use it there; nor
   * final_logit_softcapping in the class that sees images. Gemma 2 has use_bidirectional_attention
   * in its own, and masks what comes later nevertheless.
   */
  static Network gemma3(NetworkConfig c) {
    c.refuseIfTrue("use_bidirectional_attention");
    DecoderShape shape = DecoderShape.of(c);
    Rotary global = global(c).halves(shape.headSize());
    Rotary local = local(c).halves(shape.headSize());
    List<Boolean> slides = c.slides(shape.layers());
    List<OptionalInt> windows = c.windows(shape.layers());
    double e = c.real("rms_norm_eps");
    boolean textOnly = c.config().architecture().equals("Gemma3ForCausalLM");
    return network(
        shape,
        textOnly ? c.config().real("final_logit_softcapping") : OptionalDouble.empty(),
        i -> {
          String module = DecoderShape.layer(i) + ".self_attn";
          return attention(shape, i)
              .norms(
                  norm(module + ".q_norm", shape.headSize(), e),
                  norm(module + ".k_norm", shape.headSize(), e))
              .rotary(slides.get(i) ? local : global)
              .window(windows.get(i))
              .build();
        });
  }

  private static Rotaries global(NetworkConfig c) {
    HfConfig config = c.config();
    HfConfig none = config.emptyObject();
    // Transformers puts what the older object has over the newer one, or over plain frequencies:
    // their kind is not changed then by the older name of it, type.
    HfConfig parameters =
        config
            .object("rope_parameters")
            .map(p -> p.object("full_attention").orElse(none))
            .orElseGet(() -> none.withDefaults(Map.of("rope_type", "default")))
            .updated(config.object("rope_scaling").orElse(none));
    return Rotaries.ofLayer(
        c, Optional.of(parameters), config.real("rope_theta").orElseGet(c.theta()::getAsDouble));
  }

  private static Rotaries local(NetworkConfig c) {
    HfConfig config = c.config();
    return Rotaries.ofLayer(
        c,
        config.object("rope_parameters").flatMap(p -> p.object("sliding_attention")),
        config.real("rope_local_base_freq").orElseGet(c.localTheta()::getAsDouble));
  }

  private static Attention.Builder attention(DecoderShape shape, int i) {
    NetworkConfig c = shape.config();
    return shape
        .attention(DecoderShape.layer(i) + ".self_attn", c.flag("attention_bias"))
        .scale(1 / Math.sqrt(c.real("query_pre_attn_scalar")));
  }

  private static Norm norm(String module, int width, double epsilon) {
    return new Norm(Norm.Kind.RMS, List.of(module), width, epsilon, 1, false);
  }

  private static Network network(
      DecoderShape shape, OptionalDouble cap, LlamaNetwork.AttentionOfLayer attention) {
    NetworkConfig c = shape.config();
    double e = c.real("rms_norm_eps");
    int width = shape.width();
    Activation activation = c.activation("hidden_activation");
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
        shape.head().capped(cap));
  }
}
