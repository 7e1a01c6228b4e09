package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.ModelDefaults;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** GPT-Neo, which llama.cpp has no architecture for. */
final class GptNeo {
  private GptNeo() {}

  static Architecture table() {
    return Architecture.withoutGguf("gpt_neo", "GPTNeoForCausalLM").defaults(DEFAULTS).build();
  }

  /** Transformers' {@code GPTNeoConfig}. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("gpt_neo")
          .alias("num_attention_heads", "num_heads")
          .alias("num_hidden_layers", "num_layers")
          .set("vocab_size", 50257)
          .set("max_position_embeddings", 2048)
          .set("hidden_size", 2048)
          .set("num_layers", 24)
          .set("num_heads", 16)
          .set("window_size", 256)
          .set("activation_function", "gelu_new")
          .set("layer_norm_epsilon", 1e-5)
          .set("tie_word_embeddings", true)
          .set("bos_token_id", 50256)
          .set("eos_token_id", 50256)
          .compute(GptNeo::computed);

  private static Map<String, ?> computed(HfConfig config) {
    return Map.of(
        "intermediate_size",
        4 * config.count("hidden_size"),
        "attention_layers",
        attentionLayers(config));
  }

  /** {@code [[["global", "local"], 12]]} as one word for each of 24 layers. */
  private static List<String> attentionLayers(HfConfig config) {
    List<String> layers = new ArrayList<>();
    config
        .value("attention_types")
        .ifPresent(
            types -> {
              for (JsonNode type : types) {
                int times = Math.clamp(type.path(1).asInt(0), 0, 1 << 16);
                for (int i = 0; i < times; i++) {
                  type.path(0).forEach(word -> layers.add(word.asString("")));
                }
              }
            });
    for (int i = 0; layers.size() < config.count("num_layers") && layers.size() == i; i++) {
      layers.add(i % 2 == 0 ? "global" : "local");
    }
    return layers;
  }
}
