package dev.lqmf.model.arch;

import dev.lqmf.model.config.ModelDefaults;
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
 * BART, BlenderBot and BlenderBot-small: the same model with norms in different places
 * (Transformers {@code modeling_bart.py}, {@code modeling_blenderbot.py}, {@code
 * modeling_blenderbot_small.py}). llama.cpp has no architecture for them.
 */
final class Bart {
  private Bart() {}

  static Family bart() {
    return Family.withoutGguf("bart")
        .with(BART, c -> network(c, Kind.BART), "BartForConditionalGeneration");
  }

  static Family blenderbot() {
    return Family.withoutGguf("blenderbot")
        .with(BLENDERBOT, c -> network(c, Kind.BLENDERBOT), "BlenderbotForConditionalGeneration");
  }

  static Family blenderbotSmall() {
    return Family.withoutGguf("blenderbot-small")
        .with(
            BLENDERBOT_SMALL,
            c -> network(c, Kind.BLENDERBOT_SMALL),
            "BlenderbotSmallForConditionalGeneration");
  }

  /** Transformers' {@code BartConfig}. */
  private static final ModelDefaults BART =
      ModelDefaults.of("bart")
          .alias("num_attention_heads", "encoder_attention_heads")
          .alias("hidden_size", "d_model")
          .alias("num_hidden_layers", "encoder_layers")
          .set("vocab_size", 50265)
          .set("max_position_embeddings", 1024)
          .set("encoder_layers", 12)
          .set("encoder_ffn_dim", 4096)
          .set("encoder_attention_heads", 16)
          .set("decoder_layers", 12)
          .set("decoder_ffn_dim", 4096)
          .set("decoder_attention_heads", 16)
          .set("activation_function", "gelu")
          .set("d_model", 1024)
          .set("scale_embedding", false)
          .set("tie_word_embeddings", true)
          .set("decoder_start_token_id", 2)
          .set("forced_eos_token_id", 2)
          .set("pad_token_id", 1)
          .set("bos_token_id", 0)
          .set("eos_token_id", 2);

  /** Transformers' {@code BlenderbotConfig}. */
  private static final ModelDefaults BLENDERBOT =
      BART.as("blenderbot")
          .set("vocab_size", 8008)
          .set("max_position_embeddings", 128)
          .set("encoder_layers", 2)
          .set("encoder_ffn_dim", 10240)
          .set("encoder_attention_heads", 32)
          .set("decoder_layers", 24)
          .set("decoder_ffn_dim", 10240)
          .set("decoder_attention_heads", 32)
          .set("d_model", 2560)
          .set("decoder_start_token_id", 1)
          .set("pad_token_id", 0)
          .set("bos_token_id", 1);

  /** Transformers' {@code BlenderbotSmallConfig}. */
  private static final ModelDefaults BLENDERBOT_SMALL =
      BART.as("blenderbot-small")
          .set("max_position_embeddings", 512)
          .set("encoder_layers", 8)
          .set("encoder_ffn_dim", 2048)
          .set("decoder_layers", 8)
          .set("decoder_ffn_dim", 2048)
          .set("d_model", 512)
          .set("decoder_start_token_id", 1)
          .set("pad_token_id", 0)
          .set("bos_token_id", 1);

  /** What distinguishes them. */
  private enum Kind {
    BART,
    BLENDERBOT,
    BLENDERBOT_SMALL;

    /** Rows of the position embedding that no position has. */
    int offset() {
      return this == BART ? 2 : 0;
    }

    boolean preNorm() {
      return this == BLENDERBOT;
    }
  }

  private static Network network(NetworkConfig c, Kind kind) {
    int width = c.size("d_model", "hidden_size");
    int vocabulary = c.size("vocab_size");
    return Network.encoderDecoder(
        c.config().architecture(),
        "model.",
        stack(c, kind, "encoder", width, vocabulary),
        stack(c, kind, "decoder", width, vocabulary),
        Head.of(new Linear("lm_head", width, vocabulary, false), c.flag("tie_word_embeddings"))
            .biased("final_logits_bias"),
        List.of("model.shared", "model.encoder.embed_tokens", "model.decoder.embed_tokens"),
        c.token("decoder_start_token_id"));
  }

  private static Stack stack(NetworkConfig c, Kind kind, String name, int width, int vocabulary) {
    boolean decoder = name.equals("decoder");
    String stack = "model." + name;
    int heads = c.size(name + "_attention_heads");
    int inner = c.size(name + "_ffn_dim");
    int positions = c.size("max_position_embeddings");
    // BlenderbotSmall's decoder leaves the factor out: a norm follows at once.
    boolean scales = c.flag("scale_embedding") && !(decoder && kind == Kind.BLENDERBOT_SMALL);
    Embedding embedding =
        Embedding.of(stack + ".embed_tokens", vocabulary, width)
            .scaled(scales ? Math.sqrt(width) : 1)
            .with(
                new Embedding.Positions(
                    stack + ".embed_positions", positions + kind.offset(), kind.offset()));
    if (!kind.preNorm()) {
      Norm norm = Norm.layer(stack + ".layernorm_embedding", width, 1e-5);
      embedding =
          decoder && kind == Kind.BLENDERBOT_SMALL
              ? embedding.withFirst(norm)
              : embedding.with(norm);
    }
    Activation activation = c.activation("activation_function");
    int size = c.headSize(width, heads);
    return new Stack(
        embedding,
        width,
        IntStream.range(0, c.size(name + "_layers"))
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
