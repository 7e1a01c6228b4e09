package dev.lqmf.model.arch;

import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.tensor.Shape;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Metadata of GGUF files read back into configurations: the reverse of {@link Parameters}. */
final class Configurations {
  private Configurations() {}

  /** What most architectures share; families with other names for it have aliases. */
  static void common(GgufReading gguf, Map<String, Object> config) throws IOException {
    integer(gguf, config, ".block_count", "num_hidden_layers");
    integer(gguf, config, ".context_length", "max_position_embeddings");
    integer(gguf, config, ".embedding_length", "hidden_size");
    integer(gguf, config, ".feed_forward_length", "intermediate_size");
    integer(gguf, config, ".attention.head_count", "num_attention_heads");
    integer(gguf, config, ".attention.head_count", "num_key_value_heads");
    integer(gguf, config, ".attention.head_count_kv", "num_key_value_heads");
    integer(gguf, config, ".attention.key_length", "head_dim");
    integer(gguf, config, ".attention.sliding_window", "sliding_window");
    integer(gguf, config, ".expert_count", "num_local_experts");
    integer(gguf, config, ".expert_used_count", "num_experts_per_tok");
    real(gguf, config, ".attention.layer_norm_rms_epsilon", "rms_norm_eps");
    real(gguf, config, ".attention.layer_norm_epsilon", "layer_norm_eps");
    real(gguf, config, ".rope.freq_base", "rope_theta");
    integer(gguf, config, "tokenizer.ggml.bos_token_id", "bos_token_id");
    integer(gguf, config, "tokenizer.ggml.eos_token_id", "eos_token_id");
    integer(gguf, config, "tokenizer.ggml.padding_token_id", "pad_token_id");
    rows(gguf, config, "token_embd.weight", "vocab_size");
    config.put("tie_word_embeddings", !gguf.has("output.weight"));
    config.put("attention_bias", gguf.has("blk.0.attn_q.bias"));
    config.put("mlp_bias", gguf.has("blk.0.ffn_up.bias"));
    ropeScaling(gguf, config);
  }

  private static void ropeScaling(GgufReading gguf, Map<String, Object> config) throws IOException {
    Map<String, Object> scaling = new LinkedHashMap<>();
    String type = gguf.string(".rope.scaling.type").orElse("none");
    if (type.equals("linear") || type.equals("yarn")) {
      scaling.put("rope_type", type);
      real(gguf, scaling, ".rope.scaling.factor", "factor");
      integer(
          gguf,
          scaling,
          ".rope.scaling.original_context_length",
          "original_max_position_embeddings");
      real(gguf, scaling, ".rope.scaling.yarn_ext_factor", "extrapolation_factor");
      real(gguf, scaling, ".rope.scaling.yarn_attn_factor", "attention_factor");
      real(gguf, scaling, ".rope.scaling.yarn_beta_fast", "beta_fast");
      real(gguf, scaling, ".rope.scaling.yarn_beta_slow", "beta_slow");
    }
    // Llama 3.1's scaling is stored as its factors, which a longrope of one kind has just so.
    List<Double> factors = gguf.values("rope_freqs.weight");
    if (!factors.isEmpty()) {
      longRope(scaling, factors, factors);
      scaling.put("attention_factor", 1.0);
    }
    if (!scaling.isEmpty()) {
      config.put("rope_scaling", scaling);
    }
  }

  /** A factor for each rotated pair, in contexts longer than in training or not. */
  static void longRope(Map<String, Object> scaling, List<Double> longer, List<Double> shorter) {
    scaling.put("rope_type", "longrope");
    scaling.put("long_factor", longer);
    scaling.put("short_factor", shorter);
  }

  /** The size of a head, for model classes that would not take it from the width. */
  static void headSize(GgufReading gguf, Map<String, Object> config) {
    long width = gguf.integer(".embedding_length").orElse(0);
    config.putIfAbsent(
        "head_dim", width / Math.max(1, gguf.integer(".attention.head_count").orElse(1)));
  }

  /** How much of a head is rotated. */
  static void partialRotary(GgufReading gguf, Map<String, Object> config) {
    long width = gguf.integer(".embedding_length").orElse(0);
    long heads = Math.max(1, gguf.integer(".attention.head_count").orElse(1));
    long head = gguf.integer(".attention.key_length").orElse(width / heads);
    gguf.integer(".rope.dimension_count")
        .ifPresent(n -> config.put("partial_rotary_factor", (double) n / Math.max(1, head)));
  }

  static void integer(GgufReading gguf, Map<String, Object> config, String key, String name) {
    gguf.integer(key).ifPresent(value -> config.put(name, value));
  }

  static void real(GgufReading gguf, Map<String, Object> config, String key, String name) {
    gguf.real(key).ifPresent(value -> config.put(name, value));
  }

  static void bool(GgufReading gguf, Map<String, Object> config, String key, String name) {
    gguf.bool(key).ifPresent(value -> config.put(name, value));
  }

  /** The outermost dimension of a tensor. */
  static void rows(GgufReading gguf, Map<String, Object> config, String tensor, String name) {
    gguf.shape(tensor)
        .filter(shape -> shape.rank() > 0)
        .map((Shape shape) -> shape.dim(0))
        .ifPresent(rows -> config.put(name, rows));
  }

  /** Gives a value another name as well. */
  static void also(Map<String, Object> config, String name, String other) {
    Object value = config.get(name);
    if (value != null) {
      config.put(other, value);
    }
  }
}
