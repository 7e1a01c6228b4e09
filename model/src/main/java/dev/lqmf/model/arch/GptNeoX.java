package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.GgufReading;
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
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Stack;
import dev.lqmf.model.network.Sublayer;
import dev.lqmf.model.tokenizer.Vocabularies;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * GPT-NeoX, Pythia (Transformers {@code modeling_gpt_neox.py}, llama.cpp {@code
 * conversion/gptneox.py}).
 */
final class GptNeoX {
  private GptNeoX() {}

  static Family family() {
    return Family.of(
            "gptneox",
            architecture ->
                architecture
                    .reads(Configurations::common, Configurations::partialRotary, GptNeoX::read)
                    .parameters(GptNeoX::parameters)
                    .tensor("embed_out", "output")
                    // As Transformers 5 calls it inside.
                    .tensor("lm_head", "output")
                    .prefixes("gpt_neox.")
                    .tensor("embed_in", "token_embd")
                    .tensor("final_layer_norm", "output_norm")
                    .tensor("layers.{bid}.input_layernorm", "blk.{bid}.attn_norm")
                    .tensor(
                        "layers.{bid}.attention.query_key_value",
                        "blk.{bid}.attn_qkv",
                        Transforms.INTERLEAVED_QKV)
                    .tensor("layers.{bid}.attention.dense", "blk.{bid}.attn_output")
                    .tensor("layers.{bid}.post_attention_layernorm", "blk.{bid}.ffn_norm")
                    .tensor("layers.{bid}.mlp.dense_h_to_4h", "blk.{bid}.ffn_up")
                    .tensor("layers.{bid}.mlp.dense_4h_to_h", "blk.{bid}.ffn_down")
                    .tensorNotes(Loading::ownHead, Loading.bias("attn_qkv"))
                    .vocabulary(Vocabularies::byteLevelBpe))
        .with(DEFAULTS, GptNeoX::network, "GPTNeoXForCausalLM");
  }

  /** Transformers' {@code GPTNeoXConfig}. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("gpt_neox")
          .rotary(10_000)
          .alias("rotary_emb_base", "rope_theta")
          .alias("rotary_pct", "partial_rotary_factor")
          .set("vocab_size", 50432)
          .set("hidden_size", 6144)
          .set("num_hidden_layers", 44)
          .set("num_attention_heads", 64)
          .set("intermediate_size", 24576)
          .set("hidden_act", "gelu")
          .set("max_position_embeddings", 2048)
          .set("layer_norm_eps", 1e-5)
          .set("tie_word_embeddings", false)
          .set("use_parallel_residual", true)
          .set("attention_bias", true)
          .set("partial_rotary_factor", 0.25);

  private static void parameters(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    out.u32(".context_length", config.count("max_position_embeddings"));
    out.u32(".embedding_length", config.count("hidden_size"));
    out.u32(".block_count", config.count("num_hidden_layers"));
    out.u32(".feed_forward_length", config.count("intermediate_size"));
    Parameters.partialRopeDimensions(context, out);
    out.u32(".attention.head_count", config.count("num_attention_heads"));
    out.bool(".use_parallel_residual", config.bool("use_parallel_residual").orElse(true));
    Parameters.real(config, out, ".attention.layer_norm_epsilon", "layer_norm_eps");
    Parameters.unusualRope(context, out);
    Decoder.noteActivation(context, "hidden_act", "GELU", "gelu", "gelu_new", "gelu_fast");
  }

  private static void read(GgufReading gguf, Map<String, Object> config) {
    Configurations.bool(gguf, config, ".use_parallel_residual", "use_parallel_residual");
    config.put("attention_bias", gguf.has("blk.0.attn_qkv.bias"));
    Configurations.also(config, "rope_theta", "rotary_emb_base");
    Configurations.also(config, "partial_rotary_factor", "rotary_pct");
  }

  private static Network network(NetworkConfig c) {
    int width = c.size("hidden_size");
    int heads = c.size("num_attention_heads");
    int layers = c.size("num_hidden_layers");
    int inner = c.size("intermediate_size");
    int size = c.headSize(width, heads);
    // A size of heads in the configuration counts for the rotation, not for the heads.
    Rotary rotary = Rotaries.ofNeoX(c).halves(c.sizeOr(size, "head_dim"), size);
    boolean bias = c.flag("attention_bias");
    boolean parallel = c.flag("use_parallel_residual");
    double e = c.real("layer_norm_eps");
    Activation activation = c.activation("hidden_act");
    int vocabulary = c.size("vocab_size");
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
        Head.of(new Linear("embed_out", width, vocabulary, false), c.flag("tie_word_embeddings")),
        c.optionalSize("max_position_embeddings"));
  }
}
