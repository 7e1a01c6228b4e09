package dev.lqmf.model.arch;

import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.network.Activation;
import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Rotary;
import java.util.Map;

/** Granite, dense (llama.cpp {@code conversion/granite.py}). */
final class Granite {
  private Granite() {}

  static Family family() {
    return Family.of(
            "granite",
            architecture ->
                architecture
                    .reads(Configurations::common, Granite::read)
                    .with(Llama::dense)
                    .parameters(
                        Parameters::withoutHeadSize,
                        Parameters::fileType,
                        Parameters::vocabularySize,
                        Parameters::ropeDimensions,
                        Granite::multipliers))
        .with(DEFAULTS, Granite::network, "GraniteForCausalLM");
  }

  /** Transformers' {@code GraniteConfig}. */
  private static final ModelDefaults DEFAULTS =
      ModelDefaults.of("granite")
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
          .set("embedding_multiplier", 1.0)
          .set("logits_scaling", 1.0)
          .set("residual_multiplier", 1.0)
          .set("attention_multiplier", 1.0)
          .compute(Decoder::keyValueHeads);

  private static void multipliers(ModelContext context, MetadataCollector out) {
    // The converter overlooks head_dim.
    Parameters.unusualHeadSize(context.config(), out);
    scale(context, out, ".attention.scale", "attention_multiplier");
    scale(context, out, ".embedding_scale", "embedding_multiplier");
    scale(context, out, ".residual_scale", "residual_multiplier");
    scale(context, out, ".logit_scale", "logits_scaling");
    Decoder.noteActivation(context, "hidden_act", "SiLU", "silu");
  }

  /** A factor of zero counts as none. */
  private static void scale(ModelContext context, MetadataCollector out, String key, String name) {
    double factor = context.config().real(name).orElse(0);
    if (factor != 0) {
      out.f32(key, factor);
    }
  }

  private static void read(GgufReading gguf, Map<String, Object> config) {
    Configurations.real(gguf, config, ".attention.scale", "attention_multiplier");
    Configurations.real(gguf, config, ".embedding_scale", "embedding_multiplier");
    Configurations.real(gguf, config, ".residual_scale", "residual_multiplier");
    Configurations.real(gguf, config, ".logit_scale", "logits_scaling");
  }

  /** Four multipliers: of the embedding, the scores, the residual connections, the logits. */
  private static Network network(NetworkConfig c) {
    DecoderShape shape = DecoderShape.of(c);
    Rotary rotary = Rotaries.of(c).halves(shape.headSize());
    boolean bias = c.flag("attention_bias");
    boolean mlpBias = c.flag("mlp_bias");
    double scale = c.real("attention_multiplier");
    double residual = c.real("residual_multiplier");
    double e = c.real("rms_norm_eps");
    Activation activation = c.activation("hidden_act");
    return shape.network(
        shape.embedding().scaled(c.real("embedding_multiplier")),
        i -> {
          Attention attention =
              shape
                  .attention(DecoderShape.layer(i) + ".self_attn", bias)
                  .scale(scale)
                  .rotary(rotary)
                  .build();
          return LlamaNetwork.block(shape, i, e, attention, activation, mlpBias, residual);
        },
        shape.rms("model.norm", e),
        shape.head().scaled(1 / c.real("logits_scaling")));
  }
}
