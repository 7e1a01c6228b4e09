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

/**
 * Falcon in its three forms: all heads of their own (Falcon-RW), one key head (7B), some key heads
 * and two norms side by side (40B, 180B) (Transformers {@code modeling_falcon.py}).
 */
final class FalconNetwork {
  private FalconNetwork() {}

  static Network of(NetworkConfig c) {
    int width = c.size("n_embed", "hidden_size");
    int heads = c.size("num_attention_heads", "n_head");
    int layers = c.size("num_hidden_layers", "n_layer");
    int inner = c.sizeOr(4 * width, "ffn_hidden_size");
    int size = c.headSize(width, heads);
    boolean grouped = c.flag("new_decoder_architecture");
    boolean multiQuery = c.flag("multi_query");
    boolean parallel = grouped || c.flag("parallel_attn");
    boolean twoNorms = c.sizeOr(grouped ? 2 : 1, "num_ln_in_parallel_attn") == 2 && grouped;
    c.refuse(grouped && !c.flag("parallel_attn"), "new_decoder_architecture without parallel_attn");
    int keyHeads = grouped ? c.keyHeads(heads, "num_kv_heads") : multiQuery ? 1 : heads;
    boolean bias = c.flag("bias");
    double e = c.real("layer_norm_epsilon");
    Activation activation = c.activation("activation");
    boolean alibi = c.flag("alibi");
    int vocabulary = c.size("vocab_size");
    Stack stack =
        new Stack(
            Embedding.of("transformer.word_embeddings", vocabulary, width),
            width,
            IntStream.range(0, layers)
                .mapToObj(
                    i -> {
                      String layer = "transformer.h." + i;
                      String module = layer + ".self_attention";
                      Attention.Builder attention =
                          Attention.of(
                                  heads,
                                  size,
                                  new Projection.Fused(
                                      new Linear(
                                          module + ".query_key_value",
                                          width,
                                          (heads + 2 * keyHeads) * size,
                                          bias),
                                      keyHeads,
                                      false),
                                  new Linear(module + ".dense", width, width, bias))
                              .keyHeads(keyHeads);
                      if (alibi) {
                        attention.bias(new ScoreBias.Alibi(1 / Math.sqrt(size), true));
                      } else {
                        attention.rotary(Rotaries.of(c).halves(size));
                      }
                      Mlp mlp =
                          new Mlp.Plain(
                              new Linear(layer + ".mlp.dense_h_to_4h", width, inner, bias),
                              activation,
                              new Linear(layer + ".mlp.dense_4h_to_h", inner, width, bias));
                      Norm first =
                          Norm.layer(
                              layer + (twoNorms ? ".ln_attn" : ".input_layernorm"), width, e);
                      Norm second =
                          twoNorms
                              ? Norm.layer(layer + ".ln_mlp", width, e)
                              : parallel
                                  ? first
                                  : Norm.layer(layer + ".post_attention_layernorm", width, e);
                      Sublayer one = Sublayer.preNorm(first, attention.build());
                      Sublayer two = Sublayer.preNorm(second, mlp);
                      return parallel
                          ? Block.parallel(layer, one, two)
                          : Block.sequential(layer, one, two);
                    })
                .toList(),
            Optional.of(Norm.layer("transformer.ln_f", width, e)));
    return Network.decoder(
        c.config().architecture(),
        "transformer.",
        stack,
        Head.of(new Linear("lm_head", width, vocabulary, false), c.flag("tie_word_embeddings")),
        c.optionalSize("max_position_embeddings"));
  }
}
