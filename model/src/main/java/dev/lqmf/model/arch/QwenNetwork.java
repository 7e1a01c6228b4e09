package dev.lqmf.model.arch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Experts;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Operation;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Qwen2, Qwen3 and Qwen3-MoE (Transformers {@code modeling_qwen3_moe.py} and relatives). */
final class QwenNetwork {
  private QwenNetwork() {}

  static Network qwen2(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    IntFunction<OptionalInt> windows = windows(shape);
    return network(
        shape,
        i ->
            shape
                .attention(DecoderShape.layer(i) + ".self_attn", true, "o_proj", false)
                .rotary(rotary)
                .window(windows.apply(i))
                .build(),
        i -> dense(shape, i));
  }

  static Network qwen3(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    IntFunction<OptionalInt> windows = windows(shape);
    return network(shape, i -> normed(shape, i, windows.apply(i)), i -> dense(shape, i));
  }

  static Network qwen3Moe(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    OptionalInt window =
        c.flag("use_sliding_window") ? c.optionalSize("sliding_window") : OptionalInt.empty();
    int experts = c.size("num_local_experts", "num_experts");
    int chosen = c.size("num_experts_per_tok");
    int size = c.size("moe_intermediate_size");
    int step = c.size("decoder_sparse_step");
    boolean normalized = c.flag("norm_topk_prob");
    List<Long> dense = c.config().integers("mlp_only_layers");
    Activation activation = c.activation("hidden_act");
    return network(
        shape,
        i -> normed(shape, i, window),
        i -> {
          if (dense.contains((long) i) || (i + 1) % step != 0) {
            return dense(shape, i);
          }
          String mlp = DecoderShape.layer(i) + ".mlp";
          return new Experts(
              new Linear(mlp + ".gate", shape.width(), experts, false),
              IntStream.range(0, experts)
                  .mapToObj(n -> shape.gated(mlp + ".experts." + n, size, activation, false))
                  .toList(),
              Math.min(chosen, experts),
              normalized);
        });
  }

  /** Where {@code layer_types} says so, if windows are used at all. */
  private static IntFunction<OptionalInt> windows(DecoderShape shape) {
    NetworkConfig c = shape.config();
    return c.flag("use_sliding_window") ? c.windows(shape.layers())::get : _ -> OptionalInt.empty();
  }

  private static Attention normed(DecoderShape shape, int i, OptionalInt window) {
    NetworkConfig c = shape.config();
    String module = DecoderShape.layer(i) + ".self_attn";
    double e = c.real("rms_norm_eps");
    return shape
        .attention(module, c.flag("attention_bias"))
        .norms(
            Norm.rms(module + ".q_norm", shape.headSize(), e),
            Norm.rms(module + ".k_norm", shape.headSize(), e))
        .rotary(Rotaries.of(c).halves(shape.headSize()))
        .window(window)
        .build();
  }

  private static Operation dense(DecoderShape shape, int i) {
    return shape.gated(
        DecoderShape.layer(i) + ".mlp",
        shape.inner(),
        shape.config().activation("hidden_act"),
        false);
  }

  private static Network network(
      DecoderShape shape, IntFunction<Attention> attention, IntFunction<Operation> mlp) {
    double e = shape.config().real("rms_norm_eps");
    return shape.network(
        shape.embedding(),
        i -> {
          String layer = DecoderShape.layer(i);
          return Block.sequential(
              layer,
              Sublayer.preNorm(shape.rms(layer + ".input_layernorm", e), attention.apply(i)),
              Sublayer.preNorm(shape.rms(layer + ".post_attention_layernorm", e), mlp.apply(i)));
        },
        shape.rms("model.norm", e),
        shape.head());
  }
}
