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
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Stack;
import dev.lqmf.model.network.Sublayer;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * GPT-J and CodeGen: attention and MLP side by side behind one norm, rotation of neighbouring pairs
 * (Transformers {@code modeling_gptj.py}, {@code modeling_codegen.py}). llama.cpp has no
 * architecture for them.
 */
final class GptJ {
  private GptJ() {}

  static Family gptJ() {
    return Family.withoutGguf("gptj").with(GPT_J, GptJ::networkJ, "GPTJForCausalLM");
  }

  static Family codeGen() {
    return Family.withoutGguf("codegen")
        .with(GPT_J.as("codegen").set("n_ctx", 2048), GptJ::networkCodeGen, "CodeGenForCausalLM");
  }

  /** Transformers' {@code GPTJConfig}, and {@code CodeGenConfig} but for {@code n_ctx}. */
  private static final ModelDefaults GPT_J =
      ModelDefaults.of("gptj")
          .alias("max_position_embeddings", "n_positions")
          .alias("hidden_size", "n_embd")
          .alias("num_attention_heads", "n_head")
          .alias("num_hidden_layers", "n_layer")
          .set("vocab_size", 50400)
          .set("n_positions", 2048)
          .set("n_embd", 4096)
          .set("n_layer", 28)
          .set("n_head", 16)
          .set("rotary_dim", 64)
          .set("activation_function", "gelu_new")
          .set("layer_norm_epsilon", 1e-5)
          .set("tie_word_embeddings", false)
          .set("bos_token_id", 50256)
          .set("eos_token_id", 50256)
          .compute(config -> Map.of("n_inner", 4 * config.count("n_embd")));

  /** CodeGen was trained on so many parts of a TPU, and its projection is stored part by part. */
  private static final int CODEGEN_PARTS = 4;

  private static Network networkJ(NetworkConfig c) {
    return network(
        c,
        (module, width) ->
            new Projection.Separate(
                new Linear(module + ".q_proj", width, width, false),
                new Linear(module + ".k_proj", width, width, false),
                new Linear(module + ".v_proj", width, width, false)));
  }

  private static Network networkCodeGen(NetworkConfig c) {
    return network(
        c,
        (module, width) -> {
          c.refuse(width % CODEGEN_PARTS != 0, "a width that 4 does not divide");
          return new Projection.Fused(
              new Linear(module + ".qkv_proj", width, 3 * width, false), CODEGEN_PARTS, true);
        });
  }

  @FunctionalInterface
  private interface ProjectionOf {
    Projection of(String module, int width);
  }

  private static Network network(NetworkConfig c, ProjectionOf projection) {
    int width = c.size("n_embd", "hidden_size");
    int heads = c.size("n_head", "num_attention_heads");
    int layers = c.size("n_layer", "num_hidden_layers");
    int inner = c.sizeOr(4 * width, "n_inner");
    int size = c.headSize(width, heads);
    c.refuse(
        c.config().has("rotary_dim") && c.config().integer("rotary_dim").isEmpty(),
        "rotary_dim null");
    Rotary rotary = Rotaries.interleaved(c, c.size("rotary_dim"), size);
    double e = c.real("layer_norm_epsilon");
    Activation activation = c.activation("activation_function");
    int vocabulary = c.size("vocab_size");
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
                                      projection.of(module, width),
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
        Head.of(new Linear("lm_head", width, vocabulary, true), c.flag("tie_word_embeddings")),
        c.optionalSize("n_positions", "max_position_embeddings"));
  }
}
