package dev.lqmf.model.arch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Embedding;
import dev.lqmf.model.network.Head;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Mlp;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Projection;
import dev.lqmf.model.network.ScoreBias;
import dev.lqmf.model.network.Stack;
import dev.lqmf.model.network.Sublayer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** T5, T5 v1.1, CodeT5 (Transformers {@code modeling_t5.py}). */
final class T5Network {
  private T5Network() {}

  static Network of(NetworkConfig c) {
    int width = c.size("d_model", "hidden_size");
    int layers = c.size("num_layers", "num_hidden_layers");
    int decoderLayers = c.size("num_decoder_layers");
    int vocabulary = c.size("vocab_size");
    boolean scaled = c.flag("scale_decoder_outputs");
    Head head = Head.of(new Linear("lm_head", width, vocabulary, false), true);
    return Network.encoderDecoder(
        c.config().architecture(),
        "",
        stack(c, "encoder", width, layers, vocabulary, false),
        stack(c, "decoder", width, decoderLayers, vocabulary, true),
        scaled ? head.inputScaled(1 / Math.sqrt(width)) : head,
        List.of("shared", "encoder.embed_tokens", "decoder.embed_tokens"),
        OptionalInt.of(
            c.token("decoder_start_token_id").orElse(c.token("pad_token_id").orElse(0))));
  }

  private static Stack stack(
      NetworkConfig c, String name, int width, int layers, int vocabulary, boolean decoder) {
    int heads = c.size("num_heads", "num_attention_heads");
    int size = c.size("d_kv", "head_dim");
    double e = c.real("layer_norm_epsilon");
    ScoreBias bias =
        new ScoreBias.Buckets(
            name + ".block.0.layer.0.SelfAttention.relative_attention_bias",
            c.size("relative_attention_num_buckets"),
            c.size("relative_attention_max_distance"),
            !decoder);
    return new Stack(
        Embedding.of(name + ".embed_tokens", vocabulary, width),
        width,
        IntStream.range(0, layers)
            .mapToObj(
                i -> {
                  String block = name + ".block." + i;
                  Sublayer self =
                      Sublayer.preNorm(
                          Norm.rms(block + ".layer.0.layer_norm", width, e),
                          attention(block + ".layer.0.SelfAttention", width, heads, size)
                              .mask(decoder ? Attention.Mask.CAUSAL : Attention.Mask.BIDIRECTIONAL)
                              .bias(bias)
                              .build());
                  String last = block + ".layer." + (decoder ? 2 : 1);
                  Sublayer mlp =
                      Sublayer.preNorm(
                          Norm.rms(last + ".layer_norm", width, e),
                          mlp(c, last + ".DenseReluDense", width));
                  return decoder
                      ? Block.sequential(
                          block,
                          self,
                          Sublayer.preNorm(
                              Norm.rms(block + ".layer.1.layer_norm", width, e),
                              attention(block + ".layer.1.EncDecAttention", width, heads, size)
                                  .mask(Attention.Mask.CROSS)
                                  .build()),
                          mlp)
                      : Block.sequential(block, self, mlp);
                })
            .toList(),
        Optional.of(Norm.rms(name + ".final_layer_norm", width, e)));
  }

  private static Attention.Builder attention(String module, int width, int heads, int size) {
    return Attention.of(
            heads,
            size,
            new Projection.Separate(
                new Linear(module + ".q", width, heads * size, false),
                new Linear(module + ".k", width, heads * size, false),
                new Linear(module + ".v", width, heads * size, false)),
            new Linear(module + ".o", heads * size, width, false))
        .scale(1);
  }

  /**
   * {@code feed_forward_proj} is a function's name, with {@code gated-} before it if gated. Saved
   * configurations spell out what it means, and that counts.
   */
  private static Mlp mlp(NetworkConfig c, String module, int width) {
    int inner = c.size("d_ff");
    Linear down = new Linear(module + ".wo", inner, width, false);
    Activation activation = c.activation("dense_act_fn");
    return c.flag("is_gated_act")
        ? new Mlp.Gated(
            new Linear(module + ".wi_0", width, inner, false),
            new Linear(module + ".wi_1", width, inner, false),
            activation,
            down)
        : new Mlp.Plain(new Linear(module + ".wi", width, inner, false), activation, down);
  }
}
