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
import dev.lqmf.model.network.Projection;
import dev.lqmf.model.network.Stack;
import dev.lqmf.model.network.Sublayer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * OPT: norms before, or after in 350m, which also has a narrower embedding (Transformers {@code
 * modeling_opt.py}). llama.cpp has no architecture for it.
 */
final class Opt {
  private Opt() {}

  static Family family() {
    return Family.withoutGguf("opt").with(DEFAULTS, Opt::network, "OPTForCausalLM");
  }

  /** Transformers' {@code OPTConfig}. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("opt")
          .set("vocab_size", 50272)
          .set("hidden_size", 768)
          .set("num_hidden_layers", 12)
          .set("ffn_dim", 3072)
          .set("max_position_embeddings", 2048)
          .set("do_layer_norm_before", true)
          .set("_remove_final_layer_norm", false)
          .set("num_attention_heads", 12)
          .set("activation_function", "relu")
          .set("enable_bias", true)
          .set("layer_norm_elementwise_affine", true)
          .set("tie_word_embeddings", true)
          .set("pad_token_id", 1)
          .set("bos_token_id", 2)
          .set("eos_token_id", 2)
          .compute(config -> Map.of("word_embed_proj_dim", config.count("hidden_size")));

  /** The first rows of the position embedding are for padding. */
  private static final int OFFSET = 2;

  private static Network network(NetworkConfig c) {
    int width = c.size("hidden_size");
    int heads = c.size("num_attention_heads");
    int layers = c.size("num_hidden_layers");
    int inner = c.size("ffn_dim");
    int size = c.headSize(width, heads);
    int narrow = c.sizeOr(width, "word_embed_proj_dim");
    int positions = c.size("max_position_embeddings");
    boolean before = c.flag("do_layer_norm_before");
    boolean bias = c.flag("enable_bias");
    boolean affine = c.flag("layer_norm_elementwise_affine");
    Activation activation = c.activation("activation_function");
    int vocabulary = c.size("vocab_size");
    String decoder = "model.decoder";
    Embedding embedding =
        Embedding.of(decoder + ".embed_tokens", vocabulary, narrow)
            .with(
                new Embedding.Positions(decoder + ".embed_positions", positions + OFFSET, OFFSET));
    Head head =
        Head.of(new Linear("lm_head", narrow, vocabulary, false), c.flag("tie_word_embeddings"));
    if (narrow != width) {
      embedding = embedding.projected(new Linear(decoder + ".project_in", narrow, width, false));
      head = head.projectedIn(new Linear(decoder + ".project_out", width, narrow, false));
    }
    Stack stack =
        new Stack(
            embedding,
            width,
            IntStream.range(0, layers)
                .mapToObj(
                    i -> {
                      String layer = decoder + ".layers." + i;
                      String module = layer + ".self_attn";
                      Attention attention =
                          Attention.of(
                                  heads,
                                  size,
                                  new Projection.Separate(
                                      new Linear(module + ".q_proj", width, width, bias),
                                      new Linear(module + ".k_proj", width, width, bias),
                                      new Linear(module + ".v_proj", width, width, bias)),
                                  new Linear(module + ".out_proj", width, width, bias))
                              .build();
                      Mlp mlp =
                          new Mlp.Plain(
                              new Linear(layer + ".fc1", width, inner, bias),
                              activation,
                              new Linear(layer + ".fc2", inner, width, bias));
                      Norm first = norm(layer + ".self_attn_layer_norm", width, affine);
                      Norm second = norm(layer + ".final_layer_norm", width, affine);
                      return before
                          ? Block.sequential(
                              layer,
                              Sublayer.preNorm(first, attention),
                              Sublayer.preNorm(second, mlp))
                          : Block.sequential(
                              layer,
                              Sublayer.postNorm(attention, first),
                              Sublayer.postNorm(mlp, second));
                    })
                .toList(),
            before && !c.flag("_remove_final_layer_norm")
                ? Optional.of(norm(decoder + ".final_layer_norm", width, affine))
                : Optional.empty());
    return Network.decoder(
        c.config().architecture(), "model.", stack, head, OptionalInt.of(positions));
  }

  private static Norm norm(String module, int width, boolean affine) {
    return new Norm(Norm.Kind.LAYER, affine ? List.of(module) : List.of(), width, 1e-5, 0, affine);
  }
}
