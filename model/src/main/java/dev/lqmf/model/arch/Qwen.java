package dev.lqmf.model.arch;

import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.tokenizer.Vocabularies;
import java.util.HashMap;
import java.util.Map;

/** Qwen 1.5 to 3, dense (llama.cpp {@code conversion/qwen.py}). */
final class Qwen {
  private Qwen() {}

  static Architecture qwen2() {
    return Architecture.named("qwen2", "Qwen2ForCausalLM")
        .defaults("qwen2", 10_000, DEFAULTS, Decoder::keyValueHeads)
        .parameters(Parameters::common, Qwen::differences)
        .with(Decoder::frame)
        .with(Decoder::attention)
        .with(Decoder::gatedMlp)
        .vocabulary(Vocabularies::sentencePieceOrBpe)
        .build();
  }

  static Architecture qwen3() {
    return Architecture.named("qwen3", "Qwen3ForCausalLM")
        .defaults("qwen3", 10_000, with(DEFAULTS, "head_dim", 128), Decoder::keyValueHeads)
        .parameters(Parameters::common, Qwen::differences)
        .with(Decoder::frame)
        .with(Decoder::attention)
        .tensor("model.layers.{bid}.self_attn.q_norm", "blk.{bid}.attn_q_norm")
        .tensor("model.layers.{bid}.self_attn.k_norm", "blk.{bid}.attn_k_norm")
        .with(Decoder::gatedMlp)
        .vocabulary(Vocabularies::sentencePieceOrBpe)
        .build();
  }

  /** Transformers' {@code Qwen2Config}, and {@code Qwen3Config} but for the head size. */
  private static final Map<String, Object> DEFAULTS =
      Map.of(
          "vocab_size", 151936,
          "hidden_size", 4096,
          "intermediate_size", 22016,
          "num_hidden_layers", 32,
          "num_attention_heads", 32,
          "num_key_value_heads", 32,
          "max_position_embeddings", 32768,
          "rms_norm_eps", 1e-6,
          "sliding_window", 4096);

  private static Map<String, Object> with(Map<String, Object> values, String key, Object value) {
    Map<String, Object> more = new HashMap<>(values);
    more.put(key, value);
    return more;
  }

  private static void differences(ModelContext context, MetadataCollector out) {
    if (context.config().bool("use_sliding_window").orElse(false)) {
      Decoder.noteSlidingWindow(context);
    }
  }
}
