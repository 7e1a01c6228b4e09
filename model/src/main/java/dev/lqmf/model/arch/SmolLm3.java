package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Rotary;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.LongStream;

/** SmolLM3 (llama.cpp {@code conversion/llama.py}). */
final class SmolLm3 {
  /** {@code n_no_rope_layer_step} of llama.cpp's smollm3. */
  private static final int STEP = 4;

  private SmolLm3() {}

  static Family family() {
    return Family.of(
            "smollm3",
            architecture ->
                architecture
                    .reads(Configurations::common)
                    .with(Llama::dense)
                    .tensorNotes(Loading.noBias("attn_output", "ffn_up"))
                    .parameters(
                        Parameters::common,
                        Parameters::vocabularySize,
                        Parameters::ropeDimensions,
                        SmolLm3::differences))
        .with(DEFAULTS, SmolLm3::network, "SmolLM3ForCausalLM");
  }

  /** Transformers' {@code SmolLM3Config}. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("smollm3")
          .rotary(2_000_000)
          .set("vocab_size", 128256)
          .set("hidden_size", 2048)
          .set("intermediate_size", 11008)
          .set("num_hidden_layers", 36)
          .set("num_attention_heads", 16)
          .set("num_key_value_heads", 4)
          .set("hidden_act", "silu")
          .set("max_position_embeddings", 32768)
          .set("rms_norm_eps", 1e-6)
          .set("tie_word_embeddings", true)
          .set("attention_bias", false)
          .set("mlp_bias", false)
          .set("use_sliding_window", false)
          .set("no_rope_layer_interval", STEP)
          .compute(SmolLm3::computed);

  private static Map<String, ?> computed(HfConfig config) {
    long interval = config.count("no_rope_layer_interval");
    List<Long> rotating = config.integers("no_rope_layers");
    if (rotating.isEmpty()) {
      rotating =
          LongStream.rangeClosed(1, config.count("num_hidden_layers"))
              .mapToObj(layer -> layer % interval != 0 ? 1L : 0L)
              .toList();
    }
    boolean window =
        config.bool("use_sliding_window").orElse(false)
            && config.integer("sliding_window").isPresent();
    List<Long> known = rotating;
    return Map.of(
        "num_key_value_heads", config.count("num_attention_heads"),
        "no_rope_layers", rotating,
        "layer_types",
            Decoder.layerTypes(
                config, layer -> window && layer < known.size() && known.get(layer) == 0));
  }

  private static void differences(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    if (config.strings("layer_types").contains("sliding_attention")) {
      Decoder.noteSlidingWindow(context);
    }
    Decoder.noteActivation(context, "hidden_act", "SiLU", "silu");
    if (context.rope().type().orElse("").equals("llama3")) {
      context.note("llama.cpp's smollm3 does not open a file with the factors of llama3");
    }
    List<Long> rotating = config.integers("no_rope_layers");
    for (int layer = 0; layer < rotating.size(); layer++) {
      if ((rotating.get(layer) == 0) != ((layer + 1) % STEP == 0)) {
        context.note(
            "llama.cpp's smollm3 leaves out rotation in every fourth layer, which is not what"
                + " no_rope_layers says");
        return;
      }
    }
  }

  /** Some layers without rotation, and a window there if the configuration wants one. */
  private static Network network(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    boolean bias = c.flag("attention_bias");
    boolean mlpBias = c.flag("mlp_bias");
    List<Long> rotated = c.config().integers("no_rope_layers");
    List<OptionalInt> windows = c.windows(shape.layers());
    double e = c.real("rms_norm_eps");
    Activation activation = c.activation("hidden_act");
    if (rotated.size() != shape.layers()) {
      c.refuse(true, "a list no_rope_layers whose length is not the number of layers");
    }
    return shape.network(
        shape.embedding(),
        i -> {
          boolean rotates = rotated.get(i) != 0;
          Attention attention =
              shape
                  .attention(DecoderShape.layer(i) + ".self_attn", bias)
                  .rotary(rotates ? Optional.of(rotary) : Optional.empty())
                  .window(windows.get(i))
                  .build();
          return LlamaNetwork.block(shape, i, e, attention, activation, mlpBias, 1);
        },
        shape.rms("model.norm", e),
        shape.head());
  }
}
