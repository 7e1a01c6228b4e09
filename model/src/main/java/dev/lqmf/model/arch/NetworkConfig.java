package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.network.Activation;
import dev.lqmf.tensor.InputException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * A configuration as the descriptions of networks read it: numbers in a sensible range, with the
 * defaults of Transformers' configuration class, refusing what is not supported.
 *
 * @param config of the model
 */
record NetworkConfig(HfConfig config) {
  /** Sizes beyond which a number is taken for a mistake. */
  private static final long MAX_SIZE = 1 << 24;

  private static final String MEND = "correct the configuration, or download it again";

  /** A positive size; the default stands for a key that is missing or null. */
  int size(int missing, String... keys) {
    long value = config.integer(keys).orElse(missing);
    if (value <= 0 || value > MAX_SIZE) {
      throw new InputException(
          "%s: %s is %d, which no model has".formatted(config.file(), config.name(keys), value),
          MEND);
    }
    return (int) value;
  }

  /** A positive size, if there is one. */
  OptionalInt optionalSize(String... keys) {
    return config.integer(keys).isPresent() ? OptionalInt.of(size(1, keys)) : OptionalInt.empty();
  }

  /** A token id, if there is one. */
  OptionalInt token(String key) {
    return config.integer(key).stream().mapToInt(Math::toIntExact).findFirst();
  }

  /** A finite number; the default stands for a key that is missing or null. */
  double real(double missing, String... keys) {
    double value = config.real(keys).orElse(missing);
    if (!Double.isFinite(value)) {
      throw new InputException(
          "%s: %s is %s".formatted(config.file(), config.name(keys), value), MEND);
    }
    return value;
  }

  /**
   * A number that is null to switch something off.
   *
   * @param missing for a missing key
   */
  OptionalDouble switchable(OptionalDouble missing, String key) {
    return config.has(key) ? config.real(key) : missing;
  }

  /** True or false; the default stands for a key that is missing or null. */
  boolean flag(boolean missing, String... keys) {
    return config.bool(keys).orElse(missing);
  }

  /** An activation. */
  Activation activation(String missing, String... keys) {
    return Activation.named(
        config.file() + ": " + config.name(keys), config.string(keys).orElse(missing));
  }

  /** The name of a layer's kind, layer by layer, if the configuration lists them. */
  Optional<List<String>> layerTypes(int layers) {
    Optional<List<String>> types =
        Optional.of(config.strings("layer_types")).filter(t -> !t.isEmpty());
    types.ifPresent(
        t -> {
          if (t.size() != layers) {
            throw new InputException(
                "%s: layer_types has %d entries, but there are %d layers"
                    .formatted(config.file(), t.size(), layers),
                MEND);
          }
        });
    return types;
  }

  /** Heads of a size that divides a width. */
  int headSize(int width, int heads) {
    if (width % heads != 0) {
      throw new InputException(
          "%s: a width of %d does not divide into %d heads".formatted(config.file(), width, heads),
          MEND);
    }
    return width / heads;
  }

  /** Key heads that divide the heads. */
  int keyHeads(int heads, int missing, String... keys) {
    int count = size(missing, keys);
    if (heads % count != 0) {
      throw new InputException(
          "%s: %s is %d, which does not divide %d heads"
              .formatted(config.file(), config.name(keys), count, heads),
          MEND);
    }
    return count;
  }

  /** Refuses an option that would change what the model computes. */
  void refuse(boolean set, String option) {
    if (set) {
      throw new InputException(
          "%s: %s is not supported".formatted(config.file(), option),
          "use a model without it; its weights can still be stored with bitsandbytes");
    }
  }

  /** Refuses a flag that is true. */
  void refuseIfTrue(String... keys) {
    for (String key : keys) {
      refuse(config.bool(key).orElse(false), key);
    }
  }
}
