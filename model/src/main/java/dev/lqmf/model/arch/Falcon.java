package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.Transform;
import dev.lqmf.model.tokenizer.Vocabularies;
import dev.lqmf.model.view.PermutedRows;
import dev.lqmf.model.view.Weights;
import java.util.Map;

/** Falcon, both of its styles (llama.cpp {@code conversion/falcon.py}). */
final class Falcon {
  private Falcon() {}

  static Family family() {
    return Family.of(
            "falcon",
            architecture ->
                architecture
                    .reads(Configurations::common, Falcon::read)
                    .parameters(Falcon::parameters)
                    .tensor("lm_head", "output")
                    .prefixes("transformer.")
                    .tensor("word_embeddings", "token_embd")
                    .tensor("ln_f", "output_norm")
                    .tensor("h.{bid}.input_layernorm", "blk.{bid}.attn_norm")
                    .tensorBeside(
                        "h.{bid}.ln_mlp", "blk.{bid}.attn_norm", "blk.{bid}.attn_norm_2.weight")
                    .tensor("h.{bid}.ln_attn", "blk.{bid}.attn_norm_2")
                    .tensor(
                        "h.{bid}.self_attention.query_key_value", "blk.{bid}.attn_qkv", GROUPED_QKV)
                    .tensor("h.{bid}.self_attention.dense", "blk.{bid}.attn_output")
                    .tensor("h.{bid}.mlp.dense_h_to_4h", "blk.{bid}.ffn_up")
                    .tensor("h.{bid}.mlp.dense_4h_to_h", "blk.{bid}.ffn_down")
                    .vocabulary(Vocabularies::byteLevelBpe))
        .with(DEFAULTS, FalconNetwork::of, "FalconForCausalLM", "RWForCausalLM");
  }

  /** Transformers' {@code FalconConfig}. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("falcon")
          .rotary(10_000)
          .alias("n_embed", "hidden_size")
          .alias("n_layer", "num_hidden_layers")
          .alias("n_head", "num_attention_heads")
          .alias("n_head_kv", "num_kv_heads")
          .set("vocab_size", 65024)
          .set("hidden_size", 4544)
          .set("num_hidden_layers", 32)
          .set("num_attention_heads", 71)
          .set("layer_norm_epsilon", 1e-5)
          .set("alibi", false)
          .set("new_decoder_architecture", false)
          .set("multi_query", true)
          .set("parallel_attn", true)
          .set("bias", false)
          .set("max_position_embeddings", 2048)
          .set("activation", "gelu")
          .set("tie_word_embeddings", true)
          .compute(
              config ->
                  Map.of(
                      "num_kv_heads",
                      config.count("num_attention_heads"),
                      "ffn_hidden_size",
                      4 * config.count("hidden_size")));

  /** One key and value for all heads unless the model says otherwise ({@code FalconAttention}). */
  private static long kvHeads(HfConfig config) {
    boolean grouped =
        config.bool("new_decoder_architecture").orElse(false)
            || !config.bool("multi_query").orElse(true);
    return grouped ? config.count("num_kv_heads") : 1;
  }

  /**
   * Groups of some queries, a key and a value, {@code [groups, queries + 2, head, …]}, become all
   * queries, all keys, all values.
   */
  private static final Transform GROUPED_QKV =
      Transform.of(
          (weights, context) -> {
            Groups groups = Groups.of(weights, context.config());
            return new PermutedRows(weights, groups::stored);
          },
          (weights, context) -> {
            Groups groups = Groups.of(weights, context.config());
            return new PermutedRows(weights, groups::place);
          });

  /**
   * @param queries of each group
   * @param head rows of a head
   */
  private record Groups(long count, long queries, long head) {
    static Groups of(Weights weights, HfConfig config) {
      long count = kvHeads(config);
      long heads = config.count("num_attention_heads");
      long rows = weights.shape().rank() == 0 ? 0 : weights.shape().dim(0);
      if (heads % count != 0 || rows % (heads + 2 * count) != 0) {
        throw new IllegalArgumentException(
            "%d rows are not %d queries with %d keys and values".formatted(rows, heads, count));
      }
      return new Groups(count, heads / count, rows / (heads + 2 * count));
    }

    /** The stored row that goes to a place. */
    long stored(long row) {
      long part = row / head;
      long inside = row % head;
      if (part < count * queries) {
        return (part / queries * (queries + 2) + part % queries) * head + inside;
      }
      long rest = part - count * queries;
      return (rest % count * (queries + 2) + queries + rest / count) * head + inside;
    }

    /** The place of a stored row. */
    long place(long row) {
      long group = row / head / (queries + 2);
      long part = row / head % (queries + 2);
      long inside = row % head;
      return part < queries
          ? (group * queries + part) * head + inside
          : (count * queries + (part - queries) * count + group) * head + inside;
    }
  }

  private static void parameters(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    out.u32(".context_length", config.count("max_position_embeddings"));
    out.string(".tensor_data_layout", "jploski");
    out.u32(".embedding_length", config.count("hidden_size"));
    out.u32(".feed_forward_length", config.count("ffn_hidden_size"));
    out.u32(".block_count", config.count("num_hidden_layers"));
    out.u32(".attention.head_count", config.count("num_attention_heads"));
    out.u32(".attention.head_count_kv", kvHeads(config));
    Parameters.real(config, out, ".attention.layer_norm_epsilon", "layer_norm_epsilon");
    Parameters.fileType(context, out);
    Parameters.unusualRope(context, out);
    Decoder.noteActivation(context, "activation", "GELU", "gelu", "gelu_new", "gelu_fast");
    if (config.bool("bias").orElse(false)) {
      context.note("llama.cpp's falcon has no biases, and does not open a file that has");
    }
    if (config.bool("alibi").orElse(false)) {
      context.note(
          "llama.cpp's falcon rotates by position, where the model has alibi: its output will be wrong");
    }
    if (!config.bool("parallel_attn").orElse(true)
        && !config.bool("new_decoder_architecture").orElse(false)) {
      context.note(
          "llama.cpp's falcon computes attention and MLP side by side, where parallel_attn is false: its output will be wrong");
    }
  }

  private static void read(GgufReading gguf, Map<String, Object> config) {
    boolean twoNorms = gguf.has("blk.0.attn_norm_2.weight");
    boolean grouped = twoNorms || gguf.integer(".attention.head_count_kv").orElse(1) > 1;
    config.put("new_decoder_architecture", grouped);
    config.put("multi_query", true);
    if (grouped) {
      config.put("num_ln_in_parallel_attn", twoNorms ? 2 : 1);
    }
    Configurations.also(config, "num_key_value_heads", "num_kv_heads");
    Configurations.also(config, "intermediate_size", "ffn_hidden_size");
    Configurations.also(config, "layer_norm_eps", "layer_norm_epsilon");
  }
}
