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
import dev.lqmf.model.network.Sublayer;
import dev.lqmf.model.tokenizer.Vocabularies;
import java.util.List;
import java.util.Map;

/**
 * GLM, ChatGLM and GLM-4 (llama.cpp {@code conversion/chatglm.py}, {@code conversion/glm.py}).
 * Their rotary pairs are neighbours, as llama.cpp wants them.
 */
final class Glm {
  private Glm() {}

  static Family glm() {
    return Family.of(
            "chatglm",
            architecture ->
                architecture
                    .readsIf(gguf -> !gguf.has("blk.0.attn_qkv.weight"))
                    .reads(
                        Configurations::common,
                        Configurations::partialRotary,
                        Configurations::headSize)
                    .parameters(Glm::parameters)
                    .with(Decoder::frame)
                    .with(Decoder::attention)
                    .with(Decoder::fusedGateMlp)
                    .tensorNotes(Loading::headsOfWidth)
                    .vocabulary(Vocabularies::chatGlm))
        .with(GLM, c -> network(c, false), "GlmForCausalLM");
  }

  /** The model classes that come with ChatGLM checkpoints. */
  static Family chatGlm() {
    return Family.of(
            "chatglm",
            architecture ->
                architecture
                    .reads(Configurations::common, Configurations::headSize, Glm::readChatGlm)
                    .parameters(Glm::parameters)
                    .prefixes("transformer.", "")
                    .tensor("embedding.word_embeddings", "token_embd")
                    .tensor("output_layer", "output")
                    .tensor("encoder.final_layernorm", "output_norm")
                    .tensor("encoder.layers.{bid}.input_layernorm", "blk.{bid}.attn_norm")
                    .tensor(
                        "encoder.layers.{bid}.self_attention.query_key_value", "blk.{bid}.attn_qkv")
                    .tensor("encoder.layers.{bid}.self_attention.dense", "blk.{bid}.attn_output")
                    .tensor("encoder.layers.{bid}.post_attention_layernorm", "blk.{bid}.ffn_norm")
                    .tensor("encoder.layers.{bid}.mlp.dense_h_to_4h", "blk.{bid}.ffn_up")
                    .tensor("encoder.layers.{bid}.mlp.dense_4h_to_h", "blk.{bid}.ffn_down")
                    .drop("rotary_pos_emb.inv_freq")
                    .vocabulary(Vocabularies::chatGlm))
        .with(CHATGLM, Glm::chatNetwork, "ChatGLMModel", "ChatGLMForConditionalGeneration");
  }

  static Family glm4() {
    return Family.of(
            "glm4",
            architecture ->
                architecture
                    .reads(
                        Configurations::common,
                        Configurations::partialRotary,
                        Configurations::headSize)
                    .parameters(
                        Parameters::common, Parameters::partialRopeDimensions, Glm::differences)
                    .with(Decoder::frame)
                    .with(Decoder::attention)
                    .tensor(
                        "model.layers.{bid}.post_self_attn_layernorm",
                        "blk.{bid}.post_attention_norm")
                    .with(Decoder::fusedGateMlp)
                    .tensor("model.layers.{bid}.post_mlp_layernorm", "blk.{bid}.post_ffw_norm")
                    .vocabulary(Vocabularies::glm4))
        .with(GLM.as("glm4"), c -> network(c, true), "Glm4ForCausalLM");
  }

  /** Transformers' {@code GlmConfig} and {@code Glm4Config}. */
  private static final ModelDefaults GLM =
      ModelDefaults.of("glm")
          .rotary(10_000)
          .set("vocab_size", 151552)
          .set("hidden_size", 4096)
          .set("intermediate_size", 13696)
          .set("num_hidden_layers", 40)
          .set("num_attention_heads", 32)
          .set("num_key_value_heads", 2)
          .set("head_dim", 128)
          .set("hidden_act", "silu")
          .set("max_position_embeddings", 131072)
          .set("rms_norm_eps", 0.00000015625)
          .set("tie_word_embeddings", false)
          .set("attention_bias", true)
          .set("partial_rotary_factor", 0.5);

  /** {@code ChatGLMConfig} of the code that comes with ChatGLM checkpoints. */
  private static final ModelDefaults CHATGLM =
      ModelDefaults.of("chatglm")
          .rotary(10_000)
          .alias("padded_vocab_size", "vocab_size")
          .alias("multi_query_group_num", "num_key_value_heads")
          .alias("ffn_hidden_size", "intermediate_size")
          .alias("seq_length", "max_position_embeddings")
          .alias("layernorm_epsilon", "rms_norm_eps")
          .alias("kv_channels", "head_dim")
          .alias("num_layers", "num_hidden_layers")
          .set("num_hidden_layers", 28)
          .set("vocab_size", 65024)
          .set("hidden_size", 4096)
          .set("intermediate_size", 13696)
          .set("head_dim", 128)
          .set("num_attention_heads", 32)
          .set("num_key_value_heads", 1)
          .set("hidden_act", "silu")
          .set("max_position_embeddings", 2048)
          .set("rms_norm_eps", 1e-5)
          .set("tie_word_embeddings", false)
          .set("partial_rotary_factor", 0.5)
          .compute(config -> Map.of("rope_theta", 10_000 * config.real("rope_ratio").orElse(1)));

  private static void parameters(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    out.u32(".context_length", config.count("max_position_embeddings"));
    out.u32(".embedding_length", config.count("hidden_size"));
    out.u32(".feed_forward_length", config.count("intermediate_size"));
    out.u32(".block_count", config.count("num_hidden_layers", "num_layers"));
    out.u32(".attention.head_count", config.count("num_attention_heads"));
    out.u32(".attention.head_count_kv", config.count("num_key_value_heads"));
    Parameters.real(config, out, ".attention.layer_norm_rms_epsilon", "rms_norm_eps");
    Parameters.fileType(context, out);
    Parameters.partialRopeDimensions(context, out);
    out.bool("tokenizer.ggml.add_bos_token", false);
    context.rope().theta().ifPresent(theta -> out.f32(".rope.freq_base", theta));
    // The converter overlooks how contexts are stretched, and the size of heads.
    Parameters.ropeScaling(context, out);
    Parameters.unusualHeadSize(config, out);
    differences(context, out);
  }

  private static void differences(ModelContext context, MetadataCollector out) {
    Decoder.noteActivation(context, "hidden_act", "SiLU", "silu");
  }

  private static void readChatGlm(GgufReading gguf, Map<String, Object> config) {
    Configurations.also(config, "num_hidden_layers", "num_layers");
    Configurations.also(config, "num_key_value_heads", "multi_query_group_num");
    Configurations.also(config, "intermediate_size", "ffn_hidden_size");
    Configurations.also(config, "max_position_embeddings", "seq_length");
    Configurations.also(config, "rms_norm_eps", "layernorm_epsilon");
    Configurations.also(config, "vocab_size", "padded_vocab_size");
    Configurations.also(config, "head_dim", "kv_channels");
    config.put("add_qkv_bias", gguf.has("blk.0.attn_qkv.bias"));
  }

  /**
   * @param sandwich whether attention and MLP have norms after them too, as in GLM-4
   */
  private static Network network(NetworkConfig c, boolean sandwich) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.partial(c).interleaved(shape.headSize());
    boolean bias = c.flag("attention_bias");
    double e = c.real("rms_norm_eps");
    Activation activation = c.activation("hidden_act");
    return shape.network(
        shape.embedding(),
        i -> {
          String layer = DecoderShape.layer(i);
          Attention attention =
              shape.attention(layer + ".self_attn", bias, "o_proj", false).rotary(rotary).build();
          var mlp = shape.fusedGated(layer + ".mlp", activation);
          Norm first = shape.rms(layer + ".input_layernorm", e);
          Norm second = shape.rms(layer + ".post_attention_layernorm", e);
          return sandwich
              ? Block.sequential(
                  layer,
                  Sublayer.sandwich(
                      first, attention, shape.rms(layer + ".post_self_attn_layernorm", e)),
                  Sublayer.sandwich(second, mlp, shape.rms(layer + ".post_mlp_layernorm", e)))
              : Block.sequential(
                  layer, Sublayer.preNorm(first, attention), Sublayer.preNorm(second, mlp));
        },
        shape.rms("model.norm", e),
        shape.head());
  }

  /** What comes with ChatGLM checkpoints ({@code modeling_chatglm.py}); GLM under other names. */
  private static Network chatNetwork(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    c.refuseIfTrue("apply_residual_connection_post_layernorm", "add_bias_linear");
    for (String usual : List.of("rmsnorm", "post_layer_norm", "multi_query_attention")) {
      c.refuse(!c.config().bool(usual).orElse(true), usual + " false");
    }
    Rotary rotary = Rotaries.partial(c).interleaved(shape.headSize());
    boolean bias = c.flag("add_qkv_bias");
    double e = c.real("rms_norm_eps");
    int queries = shape.heads() * shape.headSize();
    int rows = queries + 2 * shape.keyHeads() * shape.headSize();
    String encoder = "transformer.encoder.";
    return Network.decoder(
        c.config().architecture(),
        "transformer.",
        shape.stack(
            Embedding.of(
                "transformer.embedding.word_embeddings", shape.vocabulary(), shape.width()),
            i -> {
              String layer = encoder + "layers." + i;
              Linear fused =
                  new Linear(layer + ".self_attention.query_key_value", shape.width(), rows, bias);
              Linear output =
                  new Linear(layer + ".self_attention.dense", queries, shape.width(), false);
              return Block.sequential(
                  layer,
                  Sublayer.preNorm(
                      shape.rms(layer + ".input_layernorm", e),
                      Attention.of(
                              shape.heads(),
                              shape.headSize(),
                              new Projection.Fused(fused, 1, false),
                              output)
                          .keyHeads(shape.keyHeads())
                          .rotary(rotary)
                          .build()),
                  Sublayer.preNorm(
                      shape.rms(layer + ".post_attention_layernorm", e),
                      new Mlp.FusedGated(
                          new Linear(
                              layer + ".mlp.dense_h_to_4h",
                              shape.width(),
                              2 * shape.inner(),
                              false),
                          Activation.SILU,
                          new Linear(
                              layer + ".mlp.dense_4h_to_h", shape.inner(), shape.width(), false))));
            },
            shape.rms(encoder + "final_layernorm", e)),
        Head.of(
            new Linear("transformer.output_layer", shape.width(), shape.vocabulary(), false),
            c.flag("tie_word_embeddings")),
        c.optionalSize("max_position_embeddings"));
  }
}
