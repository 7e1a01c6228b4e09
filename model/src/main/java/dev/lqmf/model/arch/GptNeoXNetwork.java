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
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Stack;
import dev.lqmf.model.network.Sublayer;
import java.util.Optional;
import java.util.stream.IntStream;

/** GPT-NeoX, Pythia (Transformers {@code modeling_gpt_neox.py}). */
final class GptNeoXNetwork {
  private GptNeoXNetwork() {}

  static Network of(NetworkConfig c) {
    int width = c.size(6144, "hidden_size");
    int heads = c.size(64, "num_attention_heads");
    int layers = c.size(44, "num_hidden_layers");
    int inner = c.size(24576, "intermediate_size");
    int size = c.headSize(width, heads);
    Rotary rotary = Rotaries.ofNeoX(c).halves(size);
    boolean bias = c.flag(true, "attention_bias");
    boolean parallel = c.flag(true, "use_parallel_residual");
    double e = c.real(1e-5, "layer_norm_eps");
    Activation activation = c.activation("gelu", "hidden_act");
    int vocabulary = c.size(50432, "vocab_size");
    Stack stack =
        new Stack(
            Embedding.of("gpt_neox.embed_in", vocabulary, width),
            width,
            IntStream.range(0, layers)
                .mapToObj(
                    i -> {
                      String layer = "gpt_neox.layers." + i;
                      String module = layer + ".attention";
                      Attention attention =
                          Attention.of(
                                  heads,
                                  size,
                                  new Projection.Fused(
                                      new Linear(
                                          module + ".query_key_value", width, 3 * width, bias),
                                      heads,
                                      false),
                                  new Linear(module + ".dense", width, width, bias))
                              .rotary(rotary)
                              .build();
                      Mlp mlp =
                          new Mlp.Plain(
                              new Linear(layer + ".mlp.dense_h_to_4h", width, inner, true),
                              activation,
                              new Linear(layer + ".mlp.dense_4h_to_h", inner, width, true));
                      Sublayer first =
                          Sublayer.preNorm(
                              Norm.layer(layer + ".input_layernorm", width, e), attention);
                      Sublayer second =
                          Sublayer.preNorm(
                              Norm.layer(layer + ".post_attention_layernorm", width, e), mlp);
                      return parallel
                          ? Block.parallel(layer, first, second)
                          : Block.sequential(layer, first, second);
                    })
                .toList(),
            Optional.of(Norm.layer("gpt_neox.final_layer_norm", width, e)));
    return Network.decoder(
        c.config().architecture(),
        "gpt_neox.",
        stack,
        Head.of(
            new Linear("embed_out", width, vocabulary, false),
            c.flag(false, "tie_word_embeddings")),
        c.optionalSize("max_position_embeddings"));
  }
}
