package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
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
import dev.lqmf.model.tokenizer.Vocabularies;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * BLOOM: ALiBi, a norm after the embedding (Transformers {@code modeling_bloom.py}, llama.cpp
 * {@code conversion/bloom.py}).
 */
final class Bloom {
  private Bloom() {}

  static Family family() {
    return Family.of(
            "bloom",
            architecture ->
                architecture
                    .reads(
                        Configurations::common,
                        (_, config) ->
                            Configurations.also(config, "max_position_embeddings", "seq_length"),
                        (_, config) ->
                            Configurations.also(config, "layer_norm_eps", "layer_norm_epsilon"))
                    .parameters(Bloom::parameters)
                    .tensor("lm_head", "output")
                    .prefixes("transformer.", "")
                    .tensor("word_embeddings", "token_embd")
                    .tensor("word_embeddings_layernorm", "token_embd_norm")
                    .tensor("ln_f", "output_norm")
                    .tensor("h.{bid}.input_layernorm", "blk.{bid}.attn_norm")
                    .tensor(
                        "h.{bid}.self_attention.query_key_value",
                        "blk.{bid}.attn_qkv",
                        Transforms.INTERLEAVED_QKV)
                    .tensor("h.{bid}.self_attention.dense", "blk.{bid}.attn_output")
                    .tensor("h.{bid}.post_attention_layernorm", "blk.{bid}.ffn_norm")
                    .tensor("h.{bid}.mlp.dense_h_to_4h", "blk.{bid}.ffn_up")
                    .tensor("h.{bid}.mlp.dense_4h_to_h", "blk.{bid}.ffn_down")
                    .vocabulary(Vocabularies::byteLevelBpe))
        .with(DEFAULTS, Bloom::network, "BloomForCausalLM", "BloomModel");
  }

  /** Transformers' {@code BloomConfig}; {@code seq_length} is what BLOOM was trained with. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("bloom")
          .alias("n_embed", "hidden_size")
          .alias("num_hidden_layers", "n_layer")
          .alias("num_attention_heads", "n_head")
          .set("vocab_size", 250880)
          .set("hidden_size", 64)
          .set("n_layer", 2)
          .set("n_head", 8)
          .set("layer_norm_epsilon", 1e-5)
          .set("apply_residual_connection_post_layernorm", false)
          .set("pretraining_tp", 1)
          .set("tie_word_embeddings", true)
          .set("seq_length", 2048);

  private static void parameters(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    long width = config.count("hidden_size");
    out.u32(".context_length", config.count("seq_length"));
    out.u32(".embedding_length", width);
    out.u32(".feed_forward_length", 4 * width);
    out.u32(".block_count", config.count("n_layer"));
    out.u32(".attention.head_count", config.count("n_head"));
    out.u32(".attention.head_count_kv", config.count("n_head"));
    Parameters.real(config, out, ".attention.layer_norm_epsilon", "layer_norm_epsilon");
    if (config.bool("slow_but_exact").orElse(false)
        && config.integer("pretraining_tp").orElse(1) > 1) {
      context.note(
          "llama.cpp's bloom adds all biases, where Transformers leaves some out for slow_but_exact");
    }
    Parameters.fileType(context, out);
    if (config.bool("apply_residual_connection_post_layernorm").orElse(false)) {
      context.note("llama.cpp's bloom does not know apply_residual_connection_post_layernorm");
    }
  }

  private static Network network(NetworkConfig c) {
    int width = c.size("n_embed", "hidden_size");
    int heads = c.size("n_head", "num_attention_heads");
    int layers = c.size("n_layer", "num_hidden_layers");
    int size = c.headSize(width, heads);
    double e = c.real("layer_norm_epsilon");
    // Transformers adds no bias to sums over the parts of a matrix.
    boolean parts = c.flag("slow_but_exact") && c.size("pretraining_tp") > 1;
    boolean onNormed = c.flag("apply_residual_connection_post_layernorm");
    int vocabulary = c.size("vocab_size");
    Stack stack =
        new Stack(
            Embedding.of("transformer.word_embeddings", vocabulary, width)
                .with(Norm.layer("transformer.word_embeddings_layernorm", width, e)),
            width,
            IntStream.range(0, layers)
                .mapToObj(
                    i -> {
                      String layer = "transformer.h." + i;
                      String module = layer + ".self_attention";
                      Attention attention =
                          Attention.of(
                                  heads,
                                  size,
                                  new Projection.Fused(
                                      new Linear(
                                          module + ".query_key_value", width, 3 * width, true),
                                      heads,
                                      false),
                                  new Linear(module + ".dense", width, width, !parts))
                              .bias(new ScoreBias.Alibi(1, false))
                              .build();
                      Mlp mlp =
                          new Mlp.Plain(
                              new Linear(layer + ".mlp.dense_h_to_4h", width, 4 * width, true),
                              Activation.GELU_TANH,
                              new Linear(layer + ".mlp.dense_4h_to_h", 4 * width, width, !parts));
                      Sublayer first =
                          Sublayer.preNorm(
                              Norm.layer(layer + ".input_layernorm", width, e), attention);
                      Sublayer second =
                          Sublayer.preNorm(
                              Norm.layer(layer + ".post_attention_layernorm", width, e), mlp);
                      return onNormed
                          ? Block.sequential(layer, first.onNormed(), second.onNormed())
                          : Block.sequential(layer, first, second);
                    })
                .toList(),
            Optional.of(Norm.layer("transformer.ln_f", width, e)));
    return Network.decoder(
        c.config().architecture(),
        "transformer.",
        stack,
        Head.of(new Linear("lm_head", width, vocabulary, false), c.flag("tie_word_embeddings")),
        c.optionalSize("seq_length"));
  }
}
