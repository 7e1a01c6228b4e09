package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.network.Activation;
import dev.lqmf.tensor.InputException;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * A configuration as the descriptions of networks read it: numbers in a sensible range, refusing
 * what is not supported.
 *
 * @param config of the model, completed with the defaults of Transformers' configuration class
 * @param theta base of the rotary embeddings, if the configuration gives none
 * @param localTheta the same for layers whose attention has a window, where that differs
 */
record NetworkConfig(HfConfig config, OptionalDouble theta, OptionalDouble localTheta) {
  /** Sizes beyond which a number is taken for a mistake. */
  private static final long MAX_SIZE = 1 << 24;

  private static final String MEND = "correct the configuration, or download it again";

  /** A positive size that must be there. */
  int size(String... keys) {
    return size(config.integer(keys).orElseThrow(() -> config.missing(keys[0])), keys);
  }

  /** A positive size; the default stands for a key that is missing or null. */
  int sizeOr(int missing, String... keys) {
    return size(config.integer(keys).orElse(missing), keys);
  }

  private int size(long value, String... keys) {
    if (value <= 0 || value > MAX_SIZE) {
      throw new InputException(
          "%s: %s is %d, which no model has".formatted(config.file(), config.name(keys), value),
          MEND);
    }
    return (int) value;
  }

  /** A positive size, if there is one. */
  OptionalInt optionalSize(String... keys) {
    return config.integer(keys).isPresent() ? OptionalInt.of(size(keys)) : OptionalInt.empty();
  }

  /** A token id, if there is one. */
  OptionalInt token(String key) {
    return config.integer(key).stream().mapToInt(Math::toIntExact).findFirst();
  }

  /** A finite number that must be there. */
  double real(String... keys) {
    double value = config.real(keys).orElseThrow(() -> config.missing(keys[0]));
    if (!Double.isFinite(value)) {
      throw new InputException(
          "%s: %s is %s".formatted(config.file(), config.name(keys), value), MEND);
    }
    return value;
  }

  /** Whether a flag is set; one that is missing, with no default, is not. */
  boolean flag(String... keys) {
    return config.bool(keys).orElse(false);
  }

  /** An activation. */
  Activation activation(String... keys) {
    return Activation.named(
        config.file() + ": " + config.name(keys),
        config.string(keys).orElseThrow(() -> config.missing(keys[0])));
  }

  /** The window of each layer: {@code sliding_window} where {@link #slides} says so. */
  List<OptionalInt> windows(int layers) {
    OptionalInt window = optionalSize("sliding_window");
    return slides(layers).stream().map(s -> s ? window : OptionalInt.empty()).toList();
  }

  /**
   * Which layers are of the kind that has a window, by {@code layer_types}.
   *
   * @throws InputException if the list does not have an entry for each layer
   */
  List<Boolean> slides(int layers) {
    List<String> types = config.strings("layer_types");
    if (types.size() != layers) {
      throw new InputException(
          "%s: layer_types has %d entries, but there are %d layers"
              .formatted(config.file(), types.size(), layers),
          MEND);
    }
    return types.stream().map("sliding_attention"::equals).toList();
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

  /** Key heads that divide the heads; as many, where the key is missing or null. */
  int keyHeads(int heads, String... keys) {
    int count = sizeOr(heads, keys);
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
      refuse(flag(key), key);
    }
  }
}
