package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.tokenizer.Vocabularies;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** T5, Flan-T5, CodeT5 (llama.cpp {@code conversion/t5.py}). */
final class T5 {
  /** {@code relative_attention_max_distance} of llama.cpp's t5. */
  private static final int DISTANCE = 128;

  private T5() {}

  static Family family() {
    return Family.of(
            "t5",
            architecture ->
                architecture
                    .reads(Configurations::common, T5::read)
                    .parameters(T5::parameters)
                    .tensorNotes(T5::scaling)
                    // Checkpoints store the one embedding under one or several of these names.
                    .once("shared", "token_embd")
                    .once("encoder.embed_tokens", "token_embd")
                    .once("decoder.embed_tokens", "token_embd")
                    .tensor("lm_head", "output")
                    .tensor("encoder.final_layer_norm", "enc.output_norm")
                    .tensor("decoder.final_layer_norm", "dec.output_norm")
                    .with(
                        table ->
                            attention(
                                table,
                                "encoder.block.{bid}.layer.0.SelfAttention.",
                                "enc.blk.{bid}.attn_"))
                    .tensor("encoder.block.{bid}.layer.0.layer_norm", "enc.blk.{bid}.attn_norm")
                    .with(table -> mlp(table, "encoder.block.{bid}.layer.1.", "enc.blk.{bid}.ffn_"))
                    .with(
                        table ->
                            attention(
                                table,
                                "decoder.block.{bid}.layer.0.SelfAttention.",
                                "dec.blk.{bid}.attn_"))
                    .tensor("decoder.block.{bid}.layer.0.layer_norm", "dec.blk.{bid}.attn_norm")
                    .with(
                        table ->
                            attention(
                                table,
                                "decoder.block.{bid}.layer.1.EncDecAttention.",
                                "dec.blk.{bid}.cross_attn_"))
                    .tensor(
                        "decoder.block.{bid}.layer.1.layer_norm", "dec.blk.{bid}.cross_attn_norm")
                    .with(table -> mlp(table, "decoder.block.{bid}.layer.2.", "dec.blk.{bid}.ffn_"))
                    .vocabulary(Vocabularies::t5))
        .with(DEFAULTS, T5Network::of, "T5ForConditionalGeneration", "T5WithLMHeadModel");
  }

  private static void attention(Architecture.Builder table, String from, String to) {
    for (String name : List.of("q", "k", "v", "o")) {
      table.tensor(from + name, to + name);
    }
    table.tensor(from + "relative_attention_bias", to + "rel_b");
  }

  private static void mlp(Architecture.Builder table, String from, String to) {
    table
        .tensor(from + "DenseReluDense.wi", to + "up")
        .tensor(from + "DenseReluDense.wi_0", to + "gate")
        .tensorBeside(from + "DenseReluDense.wi_1", to + "up", to + "gate.weight")
        .tensor(from + "DenseReluDense.wo", to + "down")
        .tensor(from + "layer_norm", to + "norm");
  }

  /** Transformers' {@code T5Config}. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("t5")
          .alias("hidden_size", "d_model")
          .alias("num_attention_heads", "num_heads")
          .alias("num_hidden_layers", "num_layers")
          .alias("head_dim", "d_kv")
          .set("vocab_size", 32128)
          .set("d_model", 512)
          .set("d_kv", 64)
          .set("d_ff", 2048)
          .set("num_layers", 6)
          .set("num_heads", 8)
          .set("relative_attention_num_buckets", 32)
          .set("relative_attention_max_distance", DISTANCE)
          .set("layer_norm_epsilon", 1e-6)
          .set("feed_forward_proj", "relu")
          .set("n_positions", 512)
          .set("tie_word_embeddings", true)
          .set("decoder_start_token_id", 0)
          .set("pad_token_id", 0)
          .set("eos_token_id", 1)
          .compute(T5::computed);

  private static Map<String, ?> computed(HfConfig config) {
    String[] activation = config.string("feed_forward_proj").orElse("relu").split("-", 2);
    String function = activation[activation.length - 1];
    boolean gated = activation[0].equals("gated");
    return Map.of(
        "num_decoder_layers",
        config.count("num_layers"),
        "is_gated_act",
        gated,
        "dense_act_fn",
        gated && function.equals("gelu") ? "gelu_new" : function,
        // Transformers ties always, and lets this key say whether to scale what comes out.
        "scale_decoder_outputs",
        config.bool("tie_word_embeddings").orElse(true));
  }

  private static void parameters(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    out.u32(".context_length", config.count("n_positions"));
    out.u32(".embedding_length", config.count("d_model"));
    out.u32(".feed_forward_length", config.count("d_ff"));
    out.u32(".block_count", config.count("num_layers"));
    out.u32(".decoder_block_count", config.count("num_decoder_layers"));
    out.u32(".attention.head_count", config.count("num_heads"));
    out.u32(".attention.key_length", config.count("d_kv"));
    out.u32(".attention.value_length", config.count("d_kv"));
    Parameters.real(config, out, ".attention.layer_norm_epsilon", "layer_norm_epsilon");
    out.u32(".attention.relative_buckets_count", config.count("relative_attention_num_buckets"));
    Parameters.real(config, out, ".attention.layer_norm_rms_epsilon", "layer_norm_epsilon");
    out.u32(".decoder_start_token_id", config.integer("decoder_start_token_id").orElse(0));
    Parameters.fileType(context, out);
    differences(context);
  }

  private static void differences(ModelContext context) {
    HfConfig config = context.config();
    long distance = config.integer("relative_attention_max_distance").orElse(DISTANCE);
    if (distance != DISTANCE) {
      context.note(
          "GGUF has no place for relative_attention_max_distance (%d): llama.cpp's t5 takes %d"
              .formatted(distance, DISTANCE));
    }
    String activation = config.string("feed_forward_proj").orElse("relu");
    if (!activation.equals("relu") && !activation.equals("gated-gelu")) {
      context.note(
          "llama.cpp's t5 uses ReLU, or GELU with a gate, where feed_forward_proj is "
              + activation);
    }
  }

  /**
   * GGUF has no key for whether to scale. llama.cpp never does, and {@link #read} takes models
   * without a head of their own for those that scale.
   */
  private static void scaling(ModelContext context, Set<String> tensors) {
    if (context.config().bool("scale_decoder_outputs").orElse(false)) {
      context.note(
          "llama.cpp's t5 does not scale what goes to the tied embedding: probabilities are sharper"
              + " than the model's, the likeliest token is the same");
    } else if (!tensors.contains("output.weight")) {
      context.note(
          "GGUF cannot say that what goes to the tied embedding is not scaled: llama.cpp's t5 never"
              + " scales it, but lqmf eval does and finds flatter probabilities than the model's");
    }
  }

  private static void read(GgufReading gguf, Map<String, Object> config) {
    Configurations.integer(gguf, config, ".block_count", "num_decoder_layers");
    Configurations.integer(gguf, config, ".decoder_block_count", "num_decoder_layers");
    Configurations.integer(
        gguf, config, ".attention.relative_buckets_count", "relative_attention_num_buckets");
    Configurations.integer(gguf, config, ".decoder_start_token_id", "decoder_start_token_id");
    Configurations.also(config, "max_position_embeddings", "n_positions");
    Configurations.also(config, "intermediate_size", "d_ff");
    Configurations.also(config, "rms_norm_eps", "layer_norm_epsilon");
    config.put("feed_forward_proj", gguf.has("enc.blk.0.ffn_gate.weight") ? "gated-gelu" : "relu");
  }
}
