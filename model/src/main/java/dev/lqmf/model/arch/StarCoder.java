package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.Transform;
import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Mlp;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.model.network.Sublayer;
import dev.lqmf.model.tokenizer.Vocabularies;
import java.util.Map;
import java.util.OptionalInt;

/**
 * GPTBigCode (StarCoder, SantaCoder) and StarCoder2 (llama.cpp {@code conversion/starcoder.py}).
 */
final class StarCoder {
  private static final String[] GELU = {"gelu_pytorch_tanh", "gelu", "gelu_new", "gelu_fast"};

  private StarCoder() {}

  static Family bigCode() {
    return Family.of(
            "starcoder",
            architecture ->
                architecture
                    .reads(Configurations::common, StarCoder::readBigCode)
                    .parameters(StarCoder::bigCodeParameters)
                    .tensor("lm_head", "output")
                    .prefixes("transformer.")
                    .tensor("wte", "token_embd")
                    .tensor("wpe", "position_embd")
                    .tensor("ln_f", "output_norm")
                    .tensor("h.{bid}.ln_1", "blk.{bid}.attn_norm")
                    .tensor("h.{bid}.attn.c_attn", "blk.{bid}.attn_qkv", BIG_CODE_QKV)
                    .tensor("h.{bid}.attn.c_proj", "blk.{bid}.attn_output")
                    .tensor("h.{bid}.ln_2", "blk.{bid}.ffn_norm")
                    .tensor("h.{bid}.mlp.c_fc", "blk.{bid}.ffn_up")
                    .tensor("h.{bid}.mlp.c_proj", "blk.{bid}.ffn_down")
                    // Causal mask, a buffer of old checkpoints: attn.bias.
                    .drop("h.{bid}.attn", "h.{bid}.attn.masked_bias")
                    .vocabulary(Vocabularies::byteLevelBpe))
        .with(BIG_CODE, Gpt2Network::bigCode, "GPTBigCodeForCausalLM");
  }

  static Family starCoder2() {
    return Family.of(
            "starcoder2",
            architecture ->
                architecture
                    .reads(
                        Configurations::common,
                        (_, config) ->
                            Configurations.also(config, "layer_norm_eps", "norm_epsilon"),
                        (_, config) -> Configurations.also(config, "attention_bias", "use_bias"))
                    .parameters(Parameters::common, StarCoder::differences2)
                    .with(Decoder::frame)
                    .with(Decoder::attention)
                    .tensor("model.layers.{bid}.mlp.c_fc", "blk.{bid}.ffn_up")
                    .tensor("model.layers.{bid}.mlp.c_proj", "blk.{bid}.ffn_down")
                    .tensorNotes(Loading::headsOfWidth, Loading.bias("attn_output"))
                    .vocabulary(Vocabularies::byteLevelBpe))
        .with(STARCODER2, StarCoder::network2, "Starcoder2ForCausalLM");
  }

  /** Transformers' {@code GPTBigCodeConfig}. */
  private static final ModelDefaults BIG_CODE =
      ModelDefaults.of("gpt_bigcode")
          .alias("hidden_size", "n_embd")
          .alias("max_position_embeddings", "n_positions")
          .alias("num_attention_heads", "n_head")
          .alias("num_hidden_layers", "n_layer")
          .set("vocab_size", 50257)
          .set("n_positions", 1024)
          .set("n_embd", 768)
          .set("n_layer", 12)
          .set("n_head", 12)
          .set("activation_function", "gelu_pytorch_tanh")
          .set("layer_norm_epsilon", 1e-5)
          .set("scale_attn_weights", true)
          .set("multi_query", true)
          .set("tie_word_embeddings", true)
          .compute(
              config ->
                  Map.of(
                      "n_inner",
                      4 * config.count("n_embd"),
                      "num_key_value_heads",
                      kvHeads(config)));

  /** Transformers' {@code Starcoder2Config}. */
  private static final ModelDefaults STARCODER2 =
      ModelDefaults.of("starcoder2")
          .rotary(10_000)
          .set("vocab_size", 49152)
          .set("hidden_size", 3072)
          .set("intermediate_size", 12288)
          .set("num_hidden_layers", 30)
          .set("num_attention_heads", 24)
          .set("num_key_value_heads", 2)
          .set("hidden_act", "gelu_pytorch_tanh")
          .set("max_position_embeddings", 4096)
          .set("norm_epsilon", 1e-5)
          .set("use_bias", true)
          .set("tie_word_embeddings", true);

  /** With one key and value for all heads nothing alternates. */
  private static final Transform BIG_CODE_QKV =
      Transforms.unless(StarCoder::multiQuery, Transforms.INTERLEAVED_QKV);

  private static boolean multiQuery(HfConfig config) {
    return config.bool("multi_query").orElse(true);
  }

  private static long kvHeads(HfConfig config) {
    return multiQuery(config) ? 1 : config.count("n_head");
  }

  private static void bigCodeParameters(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    out.u32(".context_length", config.count("n_positions"));
    out.u32(".embedding_length", config.count("n_embd"));
    out.u32(".feed_forward_length", config.count("n_inner"));
    out.u32(".block_count", config.count("n_layer"));
    out.u32(".attention.head_count", config.count("n_head"));
    out.u32(".attention.head_count_kv", kvHeads(config));
    Parameters.real(config, out, ".attention.layer_norm_epsilon", "layer_norm_epsilon");
    Parameters.fileType(context, out);
    Decoder.noteActivation(context, "activation_function", "GELU", GELU);
    if (!config.bool("scale_attn_weights").orElse(true)) {
      context.note("llama.cpp's starcoder scales attention, where scale_attn_weights is false");
    }
  }

  private static void differences2(ModelContext context, MetadataCollector out) {
    Decoder.noteSlidingWindow(context);
    Decoder.noteActivation(context, "hidden_act", "GELU", GELU);
  }

  private static void readBigCode(GgufReading gguf, Map<String, Object> config) {
    Configurations.also(config, "intermediate_size", "n_inner");
    Configurations.also(config, "layer_norm_eps", "layer_norm_epsilon");
    config.put("multi_query", gguf.integer(".attention.head_count_kv").orElse(1) == 1);
  }

  private static Network network2(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    OptionalInt window = c.optionalSize("sliding_window");
    boolean bias = c.flag("use_bias");
    double e = c.real("norm_epsilon");
    Activation activation = c.activation("hidden_act");
    return shape.network(
        shape.embedding(),
        i -> {
          String layer = DecoderShape.layer(i);
          Attention attention =
              shape.attention(layer + ".self_attn", bias).rotary(rotary).window(window).build();
          return Block.sequential(
              layer,
              Sublayer.preNorm(shape.layerNorm(layer + ".input_layernorm", e), attention),
              Sublayer.preNorm(
                  shape.layerNorm(layer + ".post_attention_layernorm", e),
                  new Mlp.Plain(
                      new Linear(layer + ".mlp.c_fc", shape.width(), shape.inner(), bias),
                      activation,
                      new Linear(layer + ".mlp.c_proj", shape.inner(), shape.width(), bias))));
        },
        shape.layerNorm("model.norm", e),
        shape.head());
  }
}
