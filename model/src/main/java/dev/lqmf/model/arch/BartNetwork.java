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
import dev.lqmf.model.network.Operation;
import dev.lqmf.model.network.Projection;
import dev.lqmf.model.network.Stack;
import dev.lqmf.model.network.Sublayer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * BART, Blenderbot and BlenderbotSmall: the same model with norms in different places (Transformers
 * {@code modeling_bart.py}, {@code modeling_blenderbot.py}, {@code modeling_blenderbot_small.py}).
 */
final class BartNetwork {
  /** What distinguishes them, with the defaults of their configuration classes. */
  private enum Kind {
    BART(50265, 1024, 12, 12, 16, 4096, 1024, 2),
    BLENDERBOT(8008, 2560, 2, 24, 32, 10240, 128, 0),
    BLENDERBOT_SMALL(50265, 512, 8, 8, 16, 2048, 512, 0);

    private final int vocabulary;
    private final int width;
    private final int encoderLayers;
    private final int decoderLayers;
    private final int heads;
    private final int inner;
    private final int positions;
    private final int offset;

    Kind(
        int vocabulary,
        int width,
        int encoderLayers,
        int decoderLayers,
        int heads,
        int inner,
        int positions,
        int offset) {
      this.vocabulary = vocabulary;
      this.width = width;
      this.encoderLayers = encoderLayers;
      this.decoderLayers = decoderLayers;
      this.heads = heads;
      this.inner = inner;
      this.positions = positions;
      this.offset = offset;
    }

    boolean preNorm() {
      return this == BLENDERBOT;
    }
  }

  private BartNetwork() {}

  static Network bart(NetworkConfig c) {
    return of(c, Kind.BART);
  }

  static Network blenderbot(NetworkConfig c) {
    return of(c, Kind.BLENDERBOT);
  }

  static Network blenderbotSmall(NetworkConfig c) {
    return of(c, Kind.BLENDERBOT_SMALL);
  }

  private static Network of(NetworkConfig c, Kind kind) {
    int width = c.size(kind.width, "d_model", "hidden_size");
    int vocabulary = c.size(kind.vocabulary, "vocab_size");
    return Network.encoderDecoder(
        c.config().architecture(),
        "model.",
        stack(c, kind, "encoder", kind.encoderLayers, width, vocabulary),
        stack(c, kind, "decoder", kind.decoderLayers, width, vocabulary),
        Head.of(
                new Linear("lm_head", width, vocabulary, false),
                c.flag(true, "tie_word_embeddings"))
            .biased("final_logits_bias"),
        List.of("model.shared", "model.encoder.embed_tokens", "model.decoder.embed_tokens"),
        c.token("decoder_start_token_id"));
  }

  private static Stack stack(
      NetworkConfig c, Kind kind, String name, int missingLayers, int width, int vocabulary) {
    boolean decoder = name.equals("decoder");
    String stack = "model." + name;
    int heads = c.size(kind.heads, name + "_attention_heads");
    int inner = c.size(kind.inner, name + "_ffn_dim");
    int positions = c.size(kind.positions, "max_position_embeddings");
    // BlenderbotSmall's decoder leaves the factor out: a norm follows at once.
    boolean scales =
        c.flag(false, "scale_embedding") && !(decoder && kind == Kind.BLENDERBOT_SMALL);
    Embedding embedding =
        Embedding.of(stack + ".embed_tokens", vocabulary, width)
            .scaled(scales ? Math.sqrt(width) : 1)
            .with(
                new Embedding.Positions(
                    stack + ".embed_positions", positions + kind.offset, kind.offset));
    if (!kind.preNorm()) {
      Norm norm = Norm.layer(stack + ".layernorm_embedding", width, 1e-5);
      embedding =
          decoder && kind == Kind.BLENDERBOT_SMALL
              ? embedding.withFirst(norm)
              : embedding.with(norm);
    }
    Activation activation = c.activation("gelu", "activation_function");
    int size = c.headSize(width, heads);
    return new Stack(
        embedding,
        width,
        IntStream.range(0, c.size(missingLayers, name + "_layers"))
            .mapToObj(
                i -> {
                  String layer = stack + ".layers." + i;
                  List<Sublayer> parts = new ArrayList<>();
                  parts.add(
                      sublayer(
                          kind,
                          attention(layer + ".self_attn", width, heads, size)
                              .mask(decoder ? Attention.Mask.CAUSAL : Attention.Mask.BIDIRECTIONAL)
                              .build(),
                          Norm.layer(layer + ".self_attn_layer_norm", width, 1e-5)));
                  if (decoder) {
                    parts.add(
                        sublayer(
                            kind,
                            attention(layer + ".encoder_attn", width, heads, size)
                                .mask(Attention.Mask.CROSS)
                                .build(),
                            Norm.layer(layer + ".encoder_attn_layer_norm", width, 1e-5)));
                  }
                  parts.add(
                      sublayer(
                          kind,
                          new Mlp.Plain(
                              new Linear(layer + ".fc1", width, inner, true),
                              activation,
                              new Linear(layer + ".fc2", inner, width, true)),
                          Norm.layer(layer + ".final_layer_norm", width, 1e-5)));
                  return new Block(layer, parts, false);
                })
            .toList(),
        kind.preNorm()
            ? Optional.of(Norm.layer(stack + ".layer_norm", width, 1e-5))
            : Optional.empty());
  }

  private static Sublayer sublayer(Kind kind, Operation operation, Norm norm) {
    return kind.preNorm() ? Sublayer.preNorm(norm, operation) : Sublayer.postNorm(operation, norm);
  }

  private static Attention.Builder attention(String module, int width, int heads, int size) {
    return Attention.of(
        heads,
        size,
        new Projection.Separate(
            new Linear(module + ".q_proj", width, width, true),
            new Linear(module + ".k_proj", width, width, true),
            new Linear(module + ".v_proj", width, width, true)),
        new Linear(module + ".out_proj", width, width, true));
  }
}
