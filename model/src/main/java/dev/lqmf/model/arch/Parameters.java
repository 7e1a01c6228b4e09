package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.RopeParameters;
import dev.lqmf.model.convert.MetadataCollector;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.tensor.InputException;

/** Metadata that most architectures share, in the order of llama.cpp's {@code TextModel}. */
final class Parameters {
  /** Elements of a head beyond which a number is taken for a mistake. */
  private static final long MAX_HEAD = 1 << 16;

  /** What llama.cpp takes where a file says nothing. */
  private static final double USUAL_THETA = 10_000;

  private Parameters() {}

  /** {@code TextModel.set_gguf_parameters}. */
  static void common(ModelContext context, MetadataCollector out) {
    withoutHeadSize(context, out);
    integer(context.config(), out, ".attention.key_length", "head_dim");
    integer(context.config(), out, ".attention.value_length", "head_dim");
    fileType(context, out);
  }

  /** The same up to the size of a head. */
  static void withoutHeadSize(ModelContext context, MetadataCollector out) {
    HfConfig config = context.config();
    out.u32(".block_count", config.count("n_layers", "num_hidden_layers", "n_layer", "num_layers"));
    integer(
        config,
        out,
        ".context_length",
        "max_position_embeddings",
        "n_ctx",
        "n_positions",
        "max_length",
        "max_sequence_length",
        "model_max_length");
    integer(config, out, ".embedding_length", "hidden_size", "n_embd", "dim");
    integer(
        config,
        out,
        ".feed_forward_length",
        "prefix_dense_intermediate_size",
        "dense_intermediate_size",
        "intermediate_size",
        "n_inner",
        "hidden_dim");
    integer(config, out, ".attention.head_count", "num_attention_heads", "n_head", "n_heads");
    integer(config, out, ".attention.head_count_kv", "num_key_value_heads", "n_kv_heads");
    ropeScaling(context, out);
    context.rope().theta().ifPresent(t -> out.f32(".rope.freq_base", t));
    context
        .localRope()
        .flatMap(rope -> rope.theta().stream().boxed().findFirst())
        .ifPresent(t -> out.f32(".rope.freq_base_swa", t));
    real(config, out, ".attention.layer_norm_rms_epsilon", "rms_norm_eps", "norm_eps");
    real(
        config,
        out,
        ".attention.layer_norm_epsilon",
        "layer_norm_eps",
        "layer_norm_epsilon",
        "norm_epsilon");
    integer(config, out, ".expert_count", "num_local_experts", "num_experts", "n_routed_experts");
    integer(
        config,
        out,
        ".expert_used_count",
        "num_experts_per_tok",
        "num_experts_per_token",
        "top_k_experts");
  }

  /** The place of the file type; its value depends on the output. */
  static void fileType(ModelContext context, MetadataCollector out) {
    out.u32("general.file_type", 0);
  }

  /** The number of tokens that the embedding has. */
  static void vocabularySize(ModelContext context, MetadataCollector out) {
    out.u32(".vocab_size", context.config().count("vocab_size"));
  }

  /** How many elements of a head are rotated: all. */
  static void ropeDimensions(ModelContext context, MetadataCollector out) {
    out.u32(".rope.dimension_count", headSize(context.config()));
  }

  /** How many elements of a head are rotated: the part that the configuration says. */
  static void partialRopeDimensions(ModelContext context, MetadataCollector out) {
    long dimensions = partialRopeDimensions(context);
    out.u32(".rope.dimension_count", dimensions);
    if (dimensions % 2 != 0) {
      context.note(
          "llama.cpp rotates pairs, and does not run a model that rotates %d elements of a head"
              .formatted(dimensions));
    }
  }

  static long partialRopeDimensions(ModelContext context) {
    return (long) (headSize(context.config()) * context.rope().partialRotaryFactor().orElse(1));
  }

  /**
   * What the converter leaves out of some families' files: how positions rotate. llama.cpp takes a
   * base of 10,000 and no scaling then, so only what differs has to be there.
   */
  static void unusualRope(ModelContext context, MetadataCollector out) {
    ropeScaling(context, out);
    context
        .rope()
        .theta()
        .ifPresent(
            theta -> {
              if (theta != USUAL_THETA) {
                out.f32(".rope.freq_base", theta);
              }
            });
  }

  /** The size of a head that does not follow from the width. */
  static void unusualHeadSize(HfConfig config, MetadataCollector out) {
    long head = headSize(config);
    if (head * config.count("num_attention_heads") != config.count("hidden_size")) {
      out.u32(".attention.key_length", head);
      out.u32(".attention.value_length", head);
    }
  }

  /**
   * Elements of one attention head.
   *
   * @throws InputException if that is no reasonable number, or none is given and the width is not a
   *     multiple of the number of heads
   */
  static long headSize(HfConfig config) {
    if (config.integer("head_dim").isPresent()) {
      long size = config.count("head_dim");
      if (size > MAX_HEAD) {
        throw contradiction(config, "head_dim is %d, which no model has".formatted(size));
      }
      return size;
    }
    long width = config.count("hidden_size");
    long heads = config.count("num_attention_heads");
    if (width % heads != 0 || width / heads > MAX_HEAD) {
      throw contradiction(
          config,
          "hidden_size is %d, which num_attention_heads %d does not divide into heads"
              .formatted(width, heads));
    }
    return width / heads;
  }

  private static InputException contradiction(HfConfig config, String problem) {
    return new InputException(
        config.file() + ": " + problem, "correct the configuration, or download it again");
  }

  /** How contexts are stretched, with a note about what GGUF cannot hold of it. */
  static void ropeScaling(ModelContext context, MetadataCollector out) {
    RopeParameters rope = context.rope();
    HfConfig values = rope.values();
    String type = rope.type().orElse("default");
    boolean factor = values.real("factor").isPresent();
    switch (type) {
      case "linear", "yarn" -> {
        if (!factor) {
          context.note("the " + type + " rope scaling has no factor and is left out");
          return;
        }
        out.string(".rope.scaling.type", type);
        real(values, out, ".rope.scaling.factor", "factor");
        if (type.equals("yarn")) {
          out.u32(
              ".rope.scaling.original_context_length",
              values.count("original_max_position_embeddings"));
          real(values, out, ".rope.scaling.yarn_ext_factor", "extrapolation_factor");
          real(values, out, ".rope.scaling.yarn_attn_factor", "attention_factor", "attn_factor");
          real(values, out, ".rope.scaling.yarn_beta_fast", "beta_fast");
          real(values, out, ".rope.scaling.yarn_beta_slow", "beta_slow");
          yarnDifferences(context);
        }
      }
      case "su", "longrope" -> {
        out.string(".rope.scaling.type", "longrope");
        noteNoScaling(context, type);
      }
      case "default" -> {}
      default -> {
        if (!type.equalsIgnoreCase("llama3")) {
          context.note("GGUF has no rope scaling of type " + type + ", so it is left out");
        } else if (context.architecture().constants(context).isEmpty()) {
          noteNoScaling(context, type);
        }
      }
    }
  }

  private static void noteNoScaling(ModelContext context, String type) {
    context.note(
        "llama.cpp's %s has no place for the factors of %s, so positions are not scaled"
            .formatted(context.architecture().name(), type));
  }

  /**
   * llama.cpp multiplies queries and keys by a number of its own, and rounds the ends of the ramp.
   * Where they are, these of its architectures do not read from the file.
   */
  private static void yarnDifferences(ModelContext context) {
    HfConfig values = context.rope().values();
    double factor = values.real("factor").orElse(1);
    double theirs = Rotaries.magnitude(factor, 1);
    double ours = Rotaries.yarnAttention(values, factor);
    if (Math.abs(ours - theirs) > 1e-6) {
      context.note(
          "llama.cpp multiplies rotated queries and keys by %.4f for yarn, the model by %.4f"
              .formatted(theirs, ours));
    }
    if (!Rotaries.truncates(values)) {
      context.note("llama.cpp's yarn truncates, where truncate is false");
    }
    ramp(context, "beta_fast", 32);
    ramp(context, "beta_slow", 1);
  }

  private static void ramp(ModelContext context, String key, double theirs) {
    double ours = context.rope().values().real(key).orElse(theirs);
    if (ours != theirs && ours != 0) {
      context.note(
          "llama.cpp's %s takes %s for yarn's %s, the model %s"
              .formatted(context.architecture().name(), theirs, key, ours));
    }
  }

  static void integer(HfConfig config, MetadataCollector out, String key, String... names) {
    config.integer(names).ifPresent(v -> out.u32(key, v));
  }

  static void real(HfConfig config, MetadataCollector out, String key, String... names) {
    config.real(names).ifPresent(v -> out.f32(key, v));
  }
}
