package dev.lqmf.model.convert;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.config.RopeParameters;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * A model family as a table: its names, the defaults of its configuration, which metadata its GGUF
 * has, what becomes of each tensor, and where its vocabulary is. Everything that LQMF knows about
 * the family stands in one such table, built by one file of {@code dev.lqmf.model.arch}.
 */
public final class Architecture {
  private final String name;
  private final List<String> classes;
  private final Map<String, Defaults> defaults;
  private final List<ParameterRule> parameters;
  private final ConstantRule constants;
  private final Map<String, TensorRule> tensors;
  private final VocabularyRule vocabulary;

  /**
   * What Transformers' configuration class of a {@code model_type} fills in.
   *
   * @param theta base of the rotary frequencies; empty if the model has none
   * @param values by configuration key: whole numbers, doubles or texts
   * @param computed values that depend on others
   */
  private record Defaults(OptionalDouble theta, Map<String, ?> values, Computed computed) {}

  /** Defaults that depend on the rest of the configuration. */
  @FunctionalInterface
  public interface Computed {
    /** Values by configuration key, for keys that are missing or null. */
    Map<String, ?> of(HfConfig config);
  }

  /** Writes some of the metadata of the model's shape. */
  @FunctionalInterface
  public interface ParameterRule {
    void write(ModelContext context, MetadataCollector out);
  }

  /** Tensors that come first and are computed, by GGUF name. */
  @FunctionalInterface
  public interface ConstantRule {
    Map<String, float[]> of(ModelContext context);
  }

  /** Writes the tokenizer's metadata. */
  @FunctionalInterface
  public interface VocabularyRule {
    void write(ModelContext context, MetadataCollector out) throws IOException;
  }

  private Architecture(Builder builder) {
    this.name = builder.name;
    this.classes = List.copyOf(builder.classes);
    this.defaults = Map.copyOf(builder.defaults);
    this.parameters = List.copyOf(builder.parameters);
    this.constants = builder.constants;
    this.tensors = Map.copyOf(builder.tensors);
    this.vocabulary = builder.vocabulary;
  }

  /**
   * Begins a table.
   *
   * @param name {@code general.architecture}
   * @param classes the names that a checkpoint's {@code architectures} may give
   */
  public static Builder named(String name, String... classes) {
    return new Builder(name, List.of(classes));
  }

  /** {@code general.architecture}. */
  public String name() {
    return name;
  }

  /** The Transformers classes it stands for. */
  public List<String> classes() {
    return classes;
  }

  /** A configuration as Transformers would complete it, with its rotary parameters. */
  public ModelContext context(ModelFiles files, HfConfig config) {
    Defaults known = defaults.get(config.string("model_type").orElse(""));
    if (known == null) {
      return new ModelContext(
          files, this, config, RopeParameters.of(config, OptionalDouble.empty()));
    }
    HfConfig completed = config.withDefaults(known.values());
    completed = completed.withValues(known.computed().of(completed));
    return new ModelContext(files, this, completed, RopeParameters.of(completed, known.theta()));
  }

  /** Writes the metadata of the model's shape. */
  public void writeParameters(ModelContext context, MetadataCollector out) {
    parameters.forEach(p -> p.write(context, out));
  }

  Map<String, float[]> constants(ModelContext context) {
    return constants.of(context);
  }

  /** Rules by pattern. */
  Map<String, TensorRule> tensors() {
    return tensors;
  }

  /** Writes the tokenizer's metadata. */
  public void writeVocabulary(ModelContext context, MetadataCollector out) throws IOException {
    vocabulary.write(context, out);
  }

  /** Collects a table, line by line. */
  public static final class Builder {
    private final String name;
    private final List<String> classes;
    private final Map<String, Defaults> defaults = new HashMap<>();
    private final List<ParameterRule> parameters = new ArrayList<>();
    private final Map<String, TensorRule> tensors = new LinkedHashMap<>();
    private List<String> prefixes = List.of("");
    private ConstantRule constants = _ -> Map.of();
    private VocabularyRule vocabulary =
        (context, _) -> {
          throw new InputException(
              context.files().directory() + " has no tokenizer that is known", "use another model");
        };

    private Builder(String name, List<String> classes) {
      this.name = name;
      this.classes = classes;
    }

    /** The defaults of a {@code model_type} with rotary position embeddings. */
    public Builder defaults(
        String modelType, double theta, Map<String, ?> values, Computed computed) {
      defaults.put(modelType, new Defaults(OptionalDouble.of(theta), values, computed));
      return this;
    }

    /** The defaults of a {@code model_type} without rotary position embeddings. */
    public Builder defaults(String modelType, Map<String, ?> values, Computed computed) {
      defaults.put(modelType, new Defaults(OptionalDouble.empty(), values, computed));
      return this;
    }

    /** What to write about the model's shape, in this order. */
    public Builder parameters(ParameterRule... rules) {
      parameters.addAll(List.of(rules));
      return this;
    }

    public Builder constants(ConstantRule rule) {
      constants = rule;
      return this;
    }

    public Builder vocabulary(VocabularyRule rule) {
      vocabulary = rule;
      return this;
    }

    /** What the patterns of the lines that follow may begin with. */
    public Builder prefixes(String... alternatives) {
      prefixes = List.of(alternatives);
      return this;
    }

    /** Lines that several tables share. */
    public Builder with(Consumer<Builder> lines) {
      lines.accept(this);
      return this;
    }

    public Builder tensor(String from, String to) {
      return tensor(from, to, (weights, _) -> weights);
    }

    public Builder tensor(String from, String to, TensorRule.Transform transform) {
      prefixes.forEach(p -> add(p + from, new TensorRule.Rename(p + from, to, transform)));
      return this;
    }

    public Builder drop(String... patterns) {
      for (String from : patterns) {
        prefixes.forEach(p -> add(p + from, new TensorRule.Drop(p + from)));
      }
      return this;
    }

    /** See {@link TensorRule.Stack}. */
    public Builder experts(String from, String count, TensorRule.Part... parts) {
      for (String p : prefixes) {
        TensorRule rule = new TensorRule.Stack(p + from, count, List.of(parts));
        for (TensorRule.Part part : parts) {
          add((p + from).replace("{part}", part.name()), rule);
        }
      }
      return this;
    }

    private void add(String pattern, TensorRule rule) {
      if (tensors.put(pattern, rule) != null) {
        throw new IllegalStateException(name + " has two rules for " + pattern);
      }
    }

    public Architecture build() {
      return new Architecture(this);
    }
  }
}
