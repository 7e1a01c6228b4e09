package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.ModelContext;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Lines of the tables of models that are built like Llama, as most are by now. */
final class Decoder {
  private Decoder() {}

  /** Embedding, output, and the norms that stand before attention, before the MLP, and last. */
  static void frame(Architecture.Builder table) {
    table
        .tensor("model.embed_tokens", "token_embd")
        .tensor("model.norm", "output_norm")
        .tensor("lm_head", "output")
        .tensor("model.layers.{bid}.input_layernorm", "blk.{bid}.attn_norm")
        .tensor("model.layers.{bid}.post_attention_layernorm", "blk.{bid}.ffn_norm");
  }

  /** Attention whose queries and keys are stored in the order in which llama.cpp rotates them. */
  static void attention(Architecture.Builder table) {
    table
        .tensor("model.layers.{bid}.self_attn.q_proj", "blk.{bid}.attn_q")
        .tensor("model.layers.{bid}.self_attn.k_proj", "blk.{bid}.attn_k")
        .tensor("model.layers.{bid}.self_attn.v_proj", "blk.{bid}.attn_v")
        .tensor("model.layers.{bid}.self_attn.o_proj", "blk.{bid}.attn_output");
  }

  /** As many key and value heads as there are heads, which Transformers takes for no number. */
  static Map<String, ?> keyValueHeads(HfConfig config) {
    return Map.of("num_key_value_heads", config.count("num_attention_heads"));
  }

  /** Norms of queries and keys. */
  static void queryKeyNorms(Architecture.Builder table) {
    table
        .tensor("model.layers.{bid}.self_attn.q_norm", "blk.{bid}.attn_q_norm")
        .tensor("model.layers.{bid}.self_attn.k_norm", "blk.{bid}.attn_k_norm");
  }

  /** An MLP whose gate is stored above what it gates, in one matrix. */
  static void fusedGateMlp(Architecture.Builder table) {
    table
        .tensor("model.layers.{bid}.mlp.gate_up_proj", "blk.{bid}.ffn_up")
        .tensor("model.layers.{bid}.mlp.down_proj", "blk.{bid}.ffn_down");
  }

  /** {@code layer_types} of a model some of whose layers have a window. */
  static List<String> layerTypes(HfConfig config, IntPredicate window) {
    return IntStream.range(0, Math.toIntExact(config.count("num_hidden_layers")))
        .mapToObj(layer -> window.test(layer) ? "sliding_attention" : "full_attention")
        .toList();
  }

  /**
   * Says that llama.cpp has another activation than the model.
   *
   * @param key configuration key of the activation
   * @param function what llama.cpp uses
   * @param names of that and of what comes so close that it makes no difference
   */
  static void noteActivation(ModelContext context, String key, String function, String... names) {
    context
        .config()
        .string(key)
        .filter(activation -> !List.of(names).contains(activation))
        .ifPresent(
            activation ->
                context.note(
                    "llama.cpp's %s uses %s where %s is %s"
                        .formatted(context.architecture().name(), function, key, activation)));
  }

  /** An MLP with a gate. */
  static void gatedMlp(Architecture.Builder table) {
    table
        .tensor("model.layers.{bid}.mlp.gate_proj", "blk.{bid}.ffn_gate")
        .tensor("model.layers.{bid}.mlp.up_proj", "blk.{bid}.ffn_up")
        .tensor("model.layers.{bid}.mlp.down_proj", "blk.{bid}.ffn_down");
  }

  /** Says that a window is lost, if the model has one that is shorter than its context. */
  static void noteSlidingWindow(ModelContext context) {
    HfConfig config = context.config();
    long length = config.integer("max_position_embeddings").orElse(Long.MAX_VALUE);
    config.integer("sliding_window").stream()
        .filter(w -> w < length)
        .forEach(
            w ->
                context.note(
                    "llama.cpp's %s has no sliding window (sliding_window is %d), so attention"
                            .formatted(context.architecture().name(), w)
                        + " reaches back over the whole context"));
  }
}
