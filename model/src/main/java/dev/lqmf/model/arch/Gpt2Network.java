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
import dev.lqmf.model.network.Stack;
import dev.lqmf.model.network.Sublayer;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * GPT-2, DialoGPT and GPTBigCode (Transformers {@code modeling_gpt2.py}, {@code
 * modeling_gpt_bigcode.py}).
 */
final class Gpt2Network {
  private Gpt2Network() {}

  static Network gpt2(NetworkConfig c) {
    return of(c, true, false);
  }

  /** No Conv1D; all heads may share one key head. */
  static Network bigCode(NetworkConfig c) {
    return of(c, false, c.flag("multi_query"));
  }

  private static Network of(NetworkConfig c, boolean conv1d, boolean multiQuery) {
    // Without an encoder, cross attention is left out; with one key head, Transformers has none.
    c.refuse(multiQuery && c.flag("add_cross_attention"), "add_cross_attention with multi_query");
    int width = c.size("n_embd", "hidden_size");
    int heads = c.size("n_head", "num_attention_heads");
    int layers = c.size("n_layer", "num_hidden_layers");
    int inner = c.sizeOr(4 * width, "n_inner");
    int size = c.headSize(width, heads);
    int keyHeads = multiQuery ? 1 : heads;
    double e = c.real("layer_norm_epsilon");
    double scale = c.flag("scale_attn_weights") ? 1 / Math.sqrt(size) : 1;
    boolean byLayer = conv1d && c.flag("scale_attn_by_inverse_layer_idx");
    Activation activation =
        c.activation(conv1d ? "gelu_new" : "gelu_pytorch_tanh", "activation_function");
    // GPTBigCode without multi-query interleaves heads; GPT-2 has all queries first.
    int groups = conv1d || multiQuery ? 1 : heads;
    int vocabulary = c.size("vocab_size");
    Stack stack =
        new Stack(
            Embedding.of("transformer.wte", vocabulary, width)
                .with(
                    new Embedding.Positions(
                        "transformer.wpe", c.size("n_positions", "max_position_embeddings"), 0)),
            width,
            IntStream.range(0, layers)
                .mapToObj(
                    i -> {
                      String layer = "transformer.h." + i;
                      Attention attention =
                          Attention.of(
                                  heads,
                                  size,
                                  new Projection.Fused(
                                      new Linear(
                                          layer + ".attn.c_attn",
                                          width,
                                          width + 2 * keyHeads * size,
                                          true,
                                          conv1d),
                                      groups,
                                      false),
                                  new Linear(layer + ".attn.c_proj", width, width, true, conv1d))
                              .keyHeads(keyHeads)
                              .scale(byLayer ? scale / (i + 1) : scale)
                              .build();
                      Mlp mlp =
                          new Mlp.Plain(
                              new Linear(layer + ".mlp.c_fc", width, inner, true, conv1d),
                              activation,
                              new Linear(layer + ".mlp.c_proj", inner, width, true, conv1d));
                      return Block.sequential(
                          layer,
                          Sublayer.preNorm(Norm.layer(layer + ".ln_1", width, e), attention),
                          Sublayer.preNorm(Norm.layer(layer + ".ln_2", width, e), mlp));
                    })
                .toList(),
            Optional.of(Norm.layer("transformer.ln_f", width, e)));
    return Network.decoder(
        c.config().architecture(),
        "transformer.",
        stack,
        Head.of(new Linear("lm_head", width, vocabulary, false), c.flag("tie_word_embeddings")),
        c.optionalSize("n_positions", "max_position_embeddings"));
  }
}
