package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.TensorRule;
import dev.lqmf.model.tokenizer.Vocabularies;
import java.util.List;
import java.util.Map;

/** Qwen 1.5 to 3, dense and with experts (llama.cpp {@code conversion/qwen.py}). */
final class Qwen {
  private Qwen() {}

  static Family qwen2() {
    return Family.of(
            "qwen2",
            architecture ->
                architecture
                    .reads(Configurations::common)
                    .parameters(Parameters::common, Qwen::differences)
                    .with(Decoder::frame)
                    .with(Decoder::attention)
                    .with(Decoder::gatedMlp)
                    .tensorNotes(Loading::headsOfWidth)
                    .vocabulary(Vocabularies::sentencePieceOrBpe))
        .with(QWEN2, QwenNetwork::qwen2, "Qwen2ForCausalLM");
  }

  static Family qwen3() {
    return Family.of(
            "qwen3",
            architecture ->
                architecture
                    .reads(Configurations::common)
                    .parameters(Parameters::common, Qwen::differences)
                    .with(Decoder::frame)
                    .with(Decoder::attention)
                    .with(Decoder::queryKeyNorms)
                    .with(Decoder::gatedMlp)
                    .tensorNotes(Loading.noBias("attn_output"))
                    .vocabulary(Vocabularies::sentencePieceOrBpe))
        .with(
            QWEN2.as("qwen3").set("head_dim", 128).set("attention_bias", false),
            QwenNetwork::qwen3,
            "Qwen3ForCausalLM");
  }

  static Family qwen3Moe() {
    return Family.of(
            "qwen3moe",
            architecture ->
                architecture
                    .reads(
                        Configurations::common,
                        (gguf, config) ->
                            Configurations.integer(
                                gguf,
                                config,
                                ".expert_feed_forward_length",
                                "moe_intermediate_size"),
                        // As llama.cpp takes it.
                        (_, config) -> config.put("norm_topk_prob", true))
                    .parameters(
                        Parameters::common,
                        (context, out) ->
                            Parameters.integer(
                                context.config(),
                                out,
                                ".expert_feed_forward_length",
                                "moe_intermediate_size"),
                        Qwen::differences)
                    .with(Decoder::frame)
                    .with(Decoder::attention)
                    .with(Decoder::queryKeyNorms)
                    .refuse(
                        "llama.cpp's qwen3moe has experts in all layers, the model in some only"
                            + " (mlp_only_layers, decoder_sparse_step)",
                        "model.layers.{bid}.mlp.gate_proj",
                        "model.layers.{bid}.mlp.up_proj",
                        "model.layers.{bid}.mlp.down_proj")
                    .tensor("model.layers.{bid}.mlp.gate", "blk.{bid}.ffn_gate_inp")
                    .experts(
                        "model.layers.{bid}.mlp.experts.{xid}.{part}",
                        "num_local_experts",
                        new TensorRule.Part("down_proj", "blk.{bid}.ffn_down_exps"),
                        new TensorRule.Part("gate_proj", "blk.{bid}.ffn_gate_exps"),
                        new TensorRule.Part("up_proj", "blk.{bid}.ffn_up_exps"))
                    .tensorNotes(Loading.noBias("attn_output"))
                    .vocabulary(Vocabularies::byteLevelBpe))
        .with(QWEN3_MOE, QwenNetwork::qwen3Moe, "Qwen3MoeForCausalLM");
  }

  /** Transformers' {@code Qwen2Config}, and {@code Qwen3Config} but for the head size. */
  private static final ModelDefaults QWEN2 =
      ModelDefaults.of("qwen2")
          .rotary(10_000)
          .set("vocab_size", 151936)
          .set("hidden_size", 4096)
          .set("intermediate_size", 22016)
          .set("num_hidden_layers", 32)
          .set("num_attention_heads", 32)
          .set("num_key_value_heads", 32)
          .set("hidden_act", "silu")
          .set("max_position_embeddings", 32768)
          .set("rms_norm_eps", 1e-6)
          .set("tie_word_embeddings", false)
          .set("use_sliding_window", false)
          .set("sliding_window", 4096)
          .set("max_window_layers", 28)
          .compute(Qwen::computed);

  /** Transformers' {@code Qwen3MoeConfig}. */
  private static final ModelDefaults QWEN3_MOE =
      ModelDefaults.of("qwen3_moe")
          .rotary(10_000)
          .alias("num_experts", "num_local_experts")
          .set("vocab_size", 151936)
          .set("hidden_size", 2048)
          .set("intermediate_size", 6144)
          .set("num_hidden_layers", 24)
          .set("num_attention_heads", 32)
          .set("num_key_value_heads", 4)
          .set("hidden_act", "silu")
          .set("max_position_embeddings", 32768)
          .set("rms_norm_eps", 1e-6)
          .set("tie_word_embeddings", false)
          .set("attention_bias", false)
          .set("use_sliding_window", false)
          .set("sliding_window", 4096)
          .set("decoder_sparse_step", 1)
          .set("moe_intermediate_size", 768)
          .set("num_experts_per_tok", 8)
          .set("num_local_experts", 128)
          .set("norm_topk_prob", false)
          .compute(_ -> Map.of("mlp_only_layers", List.of()));

  private static Map<String, ?> computed(HfConfig config) {
    long first =
        config.bool("use_sliding_window").orElse(false)
                && config.integer("sliding_window").isPresent()
            ? config.integer("max_window_layers").orElse(0)
            : Long.MAX_VALUE;
    return Map.of(
        "num_key_value_heads", config.count("num_attention_heads"),
        "layer_types", Decoder.layerTypes(config, layer -> layer >= first));
  }

  private static void differences(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    if (config.bool("use_sliding_window").orElse(false)) {
      Decoder.noteSlidingWindow(context);
    }
    Decoder.noteActivation(context, "hidden_act", "SiLU", "silu");
    if (!config.bool("norm_topk_prob").orElse(true)) {
      context.note(
          "llama.cpp's qwen3moe makes the weights of the chosen experts add up to one, where"
              + " norm_topk_prob is false");
    }
  }
}
