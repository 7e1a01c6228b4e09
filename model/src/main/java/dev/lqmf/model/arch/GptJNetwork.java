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

/**
 * GPT-J and CodeGen: attention and MLP side by side behind one norm, rotation of neighbouring pairs
 * (Transformers {@code modeling_gptj.py}, {@code modeling_codegen.py}).
 */
final class GptJNetwork {
  /** CodeGen was trained on so many parts of a TPU, and its projection is stored part by part. */
  private static final int CODEGEN_PARTS = 4;

  private GptJNetwork() {}

  static Network gptJ(NetworkConfig c) {
    return of(
        c,
        (module, width, _) ->
            new Projection.Separate(
                new Linear(module + ".q_proj", width, width, false),
                new Linear(module + ".k_proj", width, width, false),
                new Linear(module + ".v_proj", width, width, false)));
  }

  static Network codeGen(NetworkConfig c) {
    return of(
        c,
        (module, width, heads) -> {
          c.refuse(heads % CODEGEN_PARTS != 0, "a number of heads that 4 does not divide");
          return new Projection.Fused(
              new Linear(module + ".qkv_proj", width, 3 * width, false), CODEGEN_PARTS, true);
        });
  }

  @FunctionalInterface
  private interface ProjectionOf {
    Projection of(String module, int width, int heads);
  }

  private static Network of(NetworkConfig c, ProjectionOf projection) {
    int width = c.size(4096, "n_embd", "hidden_size");
    int heads = c.size(16, "n_head", "num_attention_heads");
    int layers = c.size(28, "n_layer", "num_hidden_layers");
    int inner = c.size(4 * width, "n_inner");
    int size = c.headSize(width, heads);
    c.refuse(
        c.config().has("rotary_dim") && c.config().integer("rotary_dim").isEmpty(),
        "rotary_dim null");
    Rotary rotary = Rotaries.interleaved(c, c.size(64, "rotary_dim"), size);
    double e = c.real(1e-5, "layer_norm_epsilon");
    Activation activation = c.activation("gelu_new", "activation_function");
    int vocabulary = c.size(50400, "vocab_size");
    Stack stack =
        new Stack(
            Embedding.of("transformer.wte", vocabulary, width),
            width,
            IntStream.range(0, layers)
                .mapToObj(
                    i -> {
                      String layer = "transformer.h." + i;
                      String module = layer + ".attn";
                      Norm norm = Norm.layer(layer + ".ln_1", width, e);
                      return Block.parallel(
                          layer,
                          Sublayer.preNorm(
                              norm,
                              Attention.of(
                                      heads,
                                      size,
                                      projection.of(module, width, heads),
                                      new Linear(module + ".out_proj", width, width, false))
                                  .rotary(rotary)
                                  .build()),
                          Sublayer.preNorm(
                              norm,
                              new Mlp.Plain(
                                  new Linear(layer + ".mlp.fc_in", width, inner, true),
                                  activation,
                                  new Linear(layer + ".mlp.fc_out", inner, width, true))));
                    })
                .toList(),
            Optional.of(Norm.layer("transformer.ln_f", width, e)));
    return Network.decoder(
        c.config().architecture(),
        "transformer.",
        stack,
        Head.of(
            new Linear("lm_head", width, vocabulary, true), c.flag(false, "tie_word_embeddings")),
        c.optionalSize("n_positions", "max_position_embeddings"));
  }
}
