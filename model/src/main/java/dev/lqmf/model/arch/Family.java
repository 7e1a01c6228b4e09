package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelDefaults;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.config.RopeParameters;
import dev.lqmf.model.convert.Architecture;
import dev.lqmf.model.convert.GgufReading;
import dev.lqmf.model.convert.ModelContext;
import dev.lqmf.model.network.Network;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * All that LQMF knows about a family of models: its model classes in Transformers, what their
 * configurations leave unsaid, what they compute, and how a checkpoint becomes a GGUF. Each family
 * is made by one file of this package and listed in {@link Families}; nothing else has to know it.
 */
public final class Family {
  private final String name;
  private final Optional<UnaryOperator<Architecture.Builder>> table;
  private volatile @Nullable Architecture gguf;
  private final Map<String, ModelClass> classes = new LinkedHashMap<>();

  /**
   * A class of Transformers.
   *
   * @param defaults what its configuration class fills in
   * @param network what it computes; empty if that is not known
   */
  private record ModelClass(
      ModelDefaults defaults, Optional<Function<NetworkConfig, Network>> network) {}

  private Family(String name, Optional<UnaryOperator<Architecture.Builder>> table) {
    this.name = name;
    this.table = table;
  }

  /**
   * A family that llama.cpp has an architecture for.
   *
   * @param name {@code general.architecture}
   * @param table fills the table by which a checkpoint becomes a GGUF. Tables are made when they
   *     are needed, since a command needs one of them, and all take as long as it takes to start.
   */
  static Family of(String name, UnaryOperator<Architecture.Builder> table) {
    return new Family(name, Optional.of(table));
  }

  /**
   * A family that llama.cpp has no architecture for, so that it cannot become a GGUF.
   *
   * @param name for messages
   */
  static Family withoutGguf(String name) {
    return new Family(name, Optional.empty());
  }

  /**
   * With model classes that can be run. A GGUF is read as the first class of its family.
   *
   * @param names that a checkpoint's {@code architectures} may give
   */
  Family with(ModelDefaults defaults, Function<NetworkConfig, Network> network, String... names) {
    return with(new ModelClass(defaults, Optional.of(network)), names);
  }

  /** With model classes that can be converted, but not run. */
  Family withoutNetwork(ModelDefaults defaults, String... names) {
    return with(new ModelClass(defaults, Optional.empty()), names);
  }

  private Family with(ModelClass kind, String... names) {
    for (String each : names) {
      if (classes.put(each, kind) != null) {
        throw new IllegalStateException(name + " has two classes " + each);
      }
    }
    return this;
  }

  /** llama.cpp's name of the family; its own, if llama.cpp has none. */
  public String name() {
    return name;
  }

  /** How a checkpoint becomes a GGUF; empty if llama.cpp has no architecture for the family. */
  public Optional<Architecture> gguf() {
    return table.map(
        fill -> {
          Architecture made = gguf;
          if (made == null) {
            made = fill.apply(Architecture.named(name)).build();
            gguf = made;
          }
          return made;
        });
  }

  /** Whether {@link #gguf()} has something. */
  boolean hasGguf() {
    return table.isPresent();
  }

  /** Whether a GGUF is one of the family. */
  boolean reads(GgufReading file) {
    return hasGguf()
        && file.architecture().equals(name)
        && gguf().filter(architecture -> architecture.isRead(file)).isPresent();
  }

  /** Its classes in Transformers. */
  public List<String> classes() {
    return List.copyOf(classes.keySet());
  }

  /** Whether it is known what a class of the family computes. */
  public boolean runs(String modelClass) {
    ModelClass found = classes.get(modelClass);
    return found != null && found.network().isPresent();
  }

  /** A configuration with all that its class in Transformers fills in. */
  public HfConfig complete(HfConfig config) {
    return defaults(config).complete(config);
  }

  /**
   * A checkpoint, ready to be converted.
   *
   * @throws InputException if the family has no GGUF
   */
  public ModelContext context(ModelFiles files, HfConfig config) {
    Architecture architecture =
        gguf()
            .orElseThrow(
                () ->
                    new InputException(
                        "llama.cpp has no architecture for %s, so it cannot become a GGUF"
                            .formatted(config.architecture()),
                        "quantize it with GPTQ or bitsandbytes"));
    ModelDefaults defaults = defaults(config);
    HfConfig completed = defaults.complete(config);
    return new ModelContext(
        files,
        architecture,
        completed,
        RopeParameters.of(completed, defaults.theta()),
        RopeParameters.local(completed, defaults.localTheta()));
  }

  /** The configuration that a GGUF of the family stands for, as far as its metadata says it. */
  public Map<String, Object> configuration(GgufReading file) throws IOException {
    Map<String, Object> config = new LinkedHashMap<>();
    Map.Entry<String, ModelClass> first = classes.entrySet().iterator().next();
    config.put("architectures", List.of(first.getKey()));
    config.put("model_type", first.getValue().defaults().modelType());
    gguf().orElseThrow().read(file, config);
    return config;
  }

  /**
   * What a model computes.
   *
   * @throws InputException if an option of the configuration is not supported, or the class is not
   */
  Network network(HfConfig config) {
    ModelDefaults defaults = defaults(config);
    return Optional.ofNullable(classes.get(config.architecture()))
        .flatMap(ModelClass::network)
        .orElseThrow(() -> Families.cannotRun(config))
        .apply(
            new NetworkConfig(defaults.complete(config), defaults.theta(), defaults.localTheta()));
  }

  /** Those of the {@code model_type}, if one of the classes has it, else those of the class. */
  private ModelDefaults defaults(HfConfig config) {
    Optional<String> type = config.string("model_type");
    return classes.values().stream()
        .map(ModelClass::defaults)
        .filter(d -> type.isPresent() && d.modelType().equals(type.get()))
        .findFirst()
        .orElseGet(
            () -> {
              ModelClass found = classes.get(config.architecture());
              return found == null
                  ? classes.values().iterator().next().defaults()
                  : found.defaults();
            });
  }
}
