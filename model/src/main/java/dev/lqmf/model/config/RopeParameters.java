package dev.lqmf.model.config;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;

/**
 * How a model rotates queries and keys by position, whichever way its configuration spells it:
 * {@code rope_parameters} with everything in it, or {@code rope_theta} beside {@code rope_scaling}.
 * Completed as Transformers does when it loads the configuration ({@code
 * RotaryEmbeddingConfigMixin.standardize_rope_params}).
 */
public final class RopeParameters {
  /** Kinds that stretch the context, and so know the length they were trained at. */
  private static final Set<String> STRETCHING = Set.of("llama3", "yarn", "longrope", "su");

  private static final String FULL = "full_attention";
  private static final String TRAINED = "original_max_position_embeddings";

  private final HfConfig values;

  private RopeParameters(HfConfig values) {
    this.values = values;
  }

  /**
   * The parameters of a model.
   *
   * @param defaultTheta the base that the model class takes if the configuration gives none; empty
   *     if it takes none
   */
  public static RopeParameters of(HfConfig config, OptionalDouble defaultTheta) {
    HfConfig given =
        config
            .object("rope_scaling")
            .filter(o -> !o.isEmpty())
            .or(() -> config.object("rope_parameters"))
            .orElseGet(config::emptyObject);
    return completed(
        config,
        given.object(FULL).orElse(given),
        config.has("rope_theta") ? config.real("rope_theta") : defaultTheta);
  }

  /**
   * The parameters of layers whose attention has a window.
   *
   * @param defaultTheta the base that the model class takes for them; empty if they are like others
   * @return nothing if the model class does not tell layers apart
   */
  public static Optional<RopeParameters> local(HfConfig config, OptionalDouble defaultTheta) {
    if (defaultTheta.isEmpty()) {
      return Optional.empty();
    }
    OptionalDouble theta = config.real("rope_local_base_freq");
    return Optional.of(
        completed(
            config,
            config
                .object("rope_parameters")
                .flatMap(p -> p.object("sliding_attention"))
                .orElseGet(config::emptyObject),
            theta.isPresent() ? theta : defaultTheta));
  }

  private static RopeParameters completed(HfConfig config, HfConfig given, OptionalDouble theta) {
    Map<String, Object> defaults = new TreeMap<>();
    theta.ifPresent(t -> defaults.put("rope_theta", t));
    config
        .real("partial_rotary_factor")
        .ifPresent(part -> defaults.put("partial_rotary_factor", part));
    String type = given.string("rope_type", "type").orElse("default");
    // What longrope was called at first.
    defaults.put("rope_type", type.equals("su") ? "longrope" : type);
    if (STRETCHING.contains(type)) {
      config
          .integer(config.integer(TRAINED).isPresent() ? TRAINED : "max_position_embeddings")
          .ifPresent(n -> defaults.put(TRAINED, n));
    }
    return new RopeParameters(given.withDefaults(defaults));
  }

  /** {@code default}, {@code linear}, {@code llama3}, {@code yarn}, {@code longrope}, … */
  public Optional<String> type() {
    return values.string("rope_type");
  }

  /** The base of the frequencies. */
  public OptionalDouble theta() {
    return values.real("rope_theta");
  }

  /** How much of a head is rotated, if the model says so: 0.5 for half of it. */
  public OptionalDouble partialRotaryFactor() {
    return values.real("partial_rotary_factor");
  }

  /** All of them by their names in {@code rope_parameters}. */
  public HfConfig values() {
    return values;
  }
}
