package dev.lqmf.model.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * What Transformers' configuration class of a {@code model_type} fills in where {@code config.json}
 * is silent.
 */
public final class ModelDefaults {
  private final String modelType;
  private final OptionalDouble theta;
  private final OptionalDouble localTheta;
  private final Map<String, String> aliases;
  private final Map<String, Object> values;
  private final Computed computed;

  /** Defaults that depend on the rest of the configuration. */
  @FunctionalInterface
  public interface Computed {
    /** Values by configuration key, for keys that are missing or null. */
    Map<String, ?> of(HfConfig config);
  }

  private ModelDefaults(
      String modelType,
      OptionalDouble theta,
      OptionalDouble localTheta,
      Map<String, String> aliases,
      Map<String, Object> values,
      Computed computed) {
    this.modelType = modelType;
    this.theta = theta;
    this.localTheta = localTheta;
    this.aliases = aliases;
    this.values = values;
    this.computed = computed;
  }

  /** A {@code model_type} without rotary position embeddings and without defaults. */
  public static ModelDefaults of(String modelType) {
    return new ModelDefaults(
        modelType,
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        Map.of(),
        Map.of(),
        _ -> Map.of());
  }

  /** The same defaults for another {@code model_type}. */
  public ModelDefaults as(String other) {
    return new ModelDefaults(other, theta, localTheta, aliases, values, computed);
  }

  /** With rotary position embeddings of this base. */
  public ModelDefaults rotary(double base) {
    return new ModelDefaults(
        modelType, OptionalDouble.of(base), localTheta, aliases, values, computed);
  }

  /** With rotary embeddings of another base in layers whose attention has a window. */
  public ModelDefaults localRotary(double base) {
    return new ModelDefaults(modelType, theta, OptionalDouble.of(base), aliases, values, computed);
  }

  /**
   * With a value.
   *
   * @param value a whole number, double, truth value, text, or a list of these
   */
  public ModelDefaults set(String key, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(values);
    more.put(key, value);
    return new ModelDefaults(modelType, theta, localTheta, aliases, more, computed);
  }

  /** With another name for a key. */
  public ModelDefaults alias(String alias, String key) {
    Map<String, String> more = new LinkedHashMap<>(aliases);
    more.put(alias, key);
    return new ModelDefaults(modelType, theta, localTheta, more, values, computed);
  }

  /** With values that depend on others. */
  public ModelDefaults compute(Computed rule) {
    return new ModelDefaults(modelType, theta, localTheta, aliases, values, rule);
  }

  /** {@code model_type} of its configurations. */
  public String modelType() {
    return modelType;
  }

  /** The configuration with all that this class fills in. */
  public HfConfig complete(HfConfig config) {
    HfConfig completed = config.withAliases(aliases).withDefaults(values);
    return completed.withValues(computed.of(completed));
  }

  /** Base of the rotary embeddings; empty if there are none. */
  public OptionalDouble theta() {
    return theta;
  }

  /** Base of the rotary embeddings in layers whose attention has a window, where that differs. */
  public OptionalDouble localTheta() {
    return localTheta;
  }
}
