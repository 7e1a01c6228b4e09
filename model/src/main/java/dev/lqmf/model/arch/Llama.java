package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.TensorRule;
import dev.lqmf.model.tokenizer.Vocabularies;
import dev.lqmf.model.view.PermutedRows;
import dev.lqmf.tensor.InputException;
import java.util.Map;

/** Llama 1 to 3, CodeLlama, Mistral, Mixtral (llama.cpp {@code conversion/llama.py}). */
final class Llama {
  private Llama() {}

  static Architecture table() {
    return Architecture.named(
            "llama",
            "LlamaForCausalLM",
            "LLaMAForCausalLM",
            "MistralForCausalLM",
            "MixtralForCausalLM")
        .defaults("llama", 10_000, LLAMA_DEFAULTS, Llama::computed)
        .defaults("mistral", 10_000, MISTRAL_DEFAULTS, Llama::computed)
        .defaults("mixtral", 1_000_000, MIXTRAL_DEFAULTS, Decoder::keyValueHeads)
        .parameters(
            Parameters::common,
            Parameters::vocabularySize,
            Parameters::ropeDimensions,
            Llama::differences)
        .constants(RopeFactors::llama3)
        .with(Decoder::frame)
        .tensor(
            "model.layers.{bid}.self_attn.q_proj",
            "blk.{bid}.attn_q",
            rotary("num_attention_heads"))
        .tensor(
            "model.layers.{bid}.self_attn.k_proj",
            "blk.{bid}.attn_k",
            rotary("num_key_value_heads"))
        .tensor("model.layers.{bid}.self_attn.v_proj", "blk.{bid}.attn_v")
        .tensor("model.layers.{bid}.self_attn.o_proj", "blk.{bid}.attn_output")
        .with(Decoder::gatedMlp)
        .tensor("model.layers.{bid}.block_sparse_moe.gate", "blk.{bid}.ffn_gate_inp")
        .experts(
            "model.layers.{bid}.block_sparse_moe.experts.{xid}.{part}",
            "num_local_experts",
            new TensorRule.Part("w1", "blk.{bid}.ffn_gate_exps"),
            new TensorRule.Part("w2", "blk.{bid}.ffn_down_exps"),
            new TensorRule.Part("w3", "blk.{bid}.ffn_up_exps"))
        .vocabulary(Vocabularies::llama)
        .build();
  }

  /** Transformers' {@code LlamaConfig}. */
  private static final Map<String, ?> LLAMA_DEFAULTS =
      Map.of(
          "vocab_size", 32000,
          "hidden_size", 4096,
          "intermediate_size", 11008,
          "num_hidden_layers", 32,
          "num_attention_heads", 32,
          "max_position_embeddings", 2048,
          "rms_norm_eps", 1e-6);

  /** Transformers' {@code MistralConfig}. */
  private static final Map<String, ?> MISTRAL_DEFAULTS =
      Map.of(
          "vocab_size", 32000,
          "hidden_size", 4096,
          "intermediate_size", 14336,
          "num_hidden_layers", 32,
          "num_attention_heads", 32,
          "num_key_value_heads", 8,
          "max_position_embeddings", 4096 * 32,
          "rms_norm_eps", 1e-6,
          "sliding_window", 4096);

  /** Transformers' {@code MixtralConfig}. */
  private static final Map<String, ?> MIXTRAL_DEFAULTS =
      Map.of(
          "vocab_size", 32000,
          "hidden_size", 4096,
          "intermediate_size", 14336,
          "num_hidden_layers", 32,
          "num_attention_heads", 32,
          "num_key_value_heads", 8,
          "max_position_embeddings", 4096 * 32,
          "rms_norm_eps", 1e-5,
          "num_experts_per_tok", 2,
          "num_local_experts", 8);

  private static Map<String, ?> computed(HfConfig config) {
    return Map.of(
        "head_dim", Parameters.headSize(config),
        "num_key_value_heads", config.count("num_attention_heads"));
  }

  private static TensorRule.Transform rotary(String heads) {
    return (weights, context) -> {
      HfConfig config = context.config();
      long count = config.integer(heads).orElseGet(() -> config.count("num_attention_heads"));
      long rows = weights.shape().rank() == 0 ? 0 : weights.shape().dim(0);
      if (count <= 0 || count > rows || rows % (2 * count) != 0) {
        throw new InputException(
            "%s: %s is %d, but the projection has %d rows, which that does not divide into heads"
                .formatted(config.file(), heads, count, rows),
            "check that the configuration belongs to these weights");
      }
      return new PermutedRows(weights, PermutedRows.rotaryPairs(rows / count));
    };
  }

  private static void differences(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    Decoder.noteSlidingWindow(context);
    config
        .string("hidden_act")
        .filter(a -> !a.equals("silu"))
        .ifPresent(a -> context.note("llama.cpp's llama uses SiLU where hidden_act is " + a));
  }
}
