package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.convert.TensorRule;
import dev.lqmf.model.tokenizer.Vocabularies;
import java.util.List;
import java.util.Map;

/** Llama 1 to 3, CodeLlama, Mistral, Mixtral (llama.cpp {@code conversion/llama.py}). */
final class Llama {
  private Llama() {}

  static Family family() {
    return Family.of(
            "llama",
            architecture ->
                architecture
                    .reads(Configurations::common, Llama::read)
                    .parameters(
                        Parameters::common,
                        Parameters::vocabularySize,
                        Parameters::ropeDimensions,
                        Llama::differences)
                    .with(Llama::dense)
                    .tensor("model.layers.{bid}.block_sparse_moe.gate", "blk.{bid}.ffn_gate_inp")
                    .experts(
                        "model.layers.{bid}.block_sparse_moe.experts.{xid}.{part}",
                        "num_local_experts",
                        new TensorRule.Part("w1", "blk.{bid}.ffn_gate_exps"),
                        new TensorRule.Part("w2", "blk.{bid}.ffn_down_exps"),
                        new TensorRule.Part("w3", "blk.{bid}.ffn_up_exps"))
                    // As Transformers 5 calls them inside.
                    .tensor("model.layers.{bid}.mlp.gate", "blk.{bid}.ffn_gate_inp")
                    .experts(
                        "model.layers.{bid}.mlp.experts.{xid}.{part}",
                        "num_local_experts",
                        new TensorRule.Part("gate_proj", "blk.{bid}.ffn_gate_exps"),
                        new TensorRule.Part("down_proj", "blk.{bid}.ffn_down_exps"),
                        new TensorRule.Part("up_proj", "blk.{bid}.ffn_up_exps")))
        .with(LLAMA, LlamaNetwork::llama, "LlamaForCausalLM", "LLaMAForCausalLM")
        .with(MISTRAL, LlamaNetwork::mistral, "MistralForCausalLM")
        .with(MIXTRAL, MixtralNetwork::of, "MixtralForCausalLM");
  }

  /** Everything about tensors and tokens, for families that differ from Llama in metadata only. */
  static void dense(Architecture.Builder table) {
    table
        .constants(RopeFactors::llama3)
        .with(Decoder::frame)
        .tensor(
            "model.layers.{bid}.self_attn.q_proj",
            "blk.{bid}.attn_q",
            Transforms.rotary("num_attention_heads"))
        .tensor(
            "model.layers.{bid}.self_attn.k_proj",
            "blk.{bid}.attn_k",
            Transforms.rotary("num_key_value_heads"))
        .tensor("model.layers.{bid}.self_attn.v_proj", "blk.{bid}.attn_v")
        .tensor("model.layers.{bid}.self_attn.o_proj", "blk.{bid}.attn_output")
        .with(Decoder::gatedMlp)
        .vocabulary(Vocabularies::llama);
  }

  /** Transformers' {@code LlamaConfig}. */
  private static final ModelDefaults LLAMA =
      ModelDefaults.of("llama")
          .rotary(10_000)
          .set("vocab_size", 32000)
          .set("hidden_size", 4096)
          .set("intermediate_size", 11008)
          .set("num_hidden_layers", 32)
          .set("num_attention_heads", 32)
          .set("hidden_act", "silu")
          .set("max_position_embeddings", 2048)
          .set("rms_norm_eps", 1e-6)
          .set("tie_word_embeddings", false)
          .set("attention_bias", false)
          .set("mlp_bias", false)
          .compute(Llama::computed);

  /** Transformers' {@code MistralConfig}. */
  private static final ModelDefaults MISTRAL =
      ModelDefaults.of("mistral")
          .rotary(10_000)
          .set("vocab_size", 32000)
          .set("hidden_size", 4096)
          .set("intermediate_size", 14336)
          .set("num_hidden_layers", 32)
          .set("num_attention_heads", 32)
          .set("num_key_value_heads", 8)
          .set("hidden_act", "silu")
          .set("max_position_embeddings", 4096 * 32)
          .set("rms_norm_eps", 1e-6)
          .set("tie_word_embeddings", false)
          .set("sliding_window", 4096)
          .compute(Llama::computed);

  /** Transformers' {@code MixtralConfig}. */
  private static final ModelDefaults MIXTRAL =
      ModelDefaults.of("mixtral")
          .rotary(1_000_000)
          .alias("num_experts", "num_local_experts")
          .set("vocab_size", 32000)
          .set("hidden_size", 4096)
          .set("intermediate_size", 14336)
          .set("num_hidden_layers", 32)
          .set("num_attention_heads", 32)
          .set("num_key_value_heads", 8)
          .set("hidden_act", "silu")
          .set("max_position_embeddings", 4096 * 32)
          .set("rms_norm_eps", 1e-5)
          .set("tie_word_embeddings", false)
          .set("num_experts_per_tok", 2)
          .set("num_local_experts", 8)
          .compute(Decoder::keyValueHeads);

  private static Map<String, ?> computed(HfConfig config) {
    return Map.of(
        "head_dim", Parameters.headSize(config),
        "num_key_value_heads", config.count("num_attention_heads"));
  }

  private static void differences(ModelContext context, MetadataCollector out) {
    Decoder.noteSlidingWindow(context);
    Decoder.noteActivation(context, "hidden_act", "SiLU", "silu");
  }

  private static void read(GgufReading gguf, Map<String, Object> config) {
    if (gguf.integer(".expert_count").isPresent()) {
      config.put("architectures", List.of("MixtralForCausalLM"));
      config.put("model_type", "mixtral");
    }
  }
}
