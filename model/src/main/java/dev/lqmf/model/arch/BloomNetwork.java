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
import java.util.Optional;
import java.util.stream.IntStream;

/** BLOOM: ALiBi, a norm after the embedding (Transformers {@code modeling_bloom.py}). */
final class BloomNetwork {
  private BloomNetwork() {}

  static Network of(NetworkConfig c) {
    int width = c.size(64, "n_embed", "hidden_size");
    int heads = c.size(8, "n_head", "num_attention_heads");
    int layers = c.size(2, "n_layer", "num_hidden_layers");
    int size = c.headSize(width, heads);
    double e = c.real(1e-5, "layer_norm_epsilon");
    // Transformers adds no bias to sums over the parts of a matrix.
    boolean parts = c.flag(false, "slow_but_exact") && c.size(1, "pretraining_tp") > 1;
    boolean onNormed = c.flag(false, "apply_residual_connection_post_layernorm");
    int vocabulary = c.size(250880, "vocab_size");
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
        Head.of(
            new Linear("lm_head", width, vocabulary, false), c.flag(true, "tie_word_embeddings")),
        c.optionalSize("seq_length"));
  }
}
