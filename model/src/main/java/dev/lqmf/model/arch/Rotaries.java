package dev.lqmf.model.arch;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.network.Rotary;
import dev.lqmf.tensor.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Rotary frequencies in all the kinds and spellings of Transformers' configurations ({@code
 * modeling_rope_utils.py}). Computed in float32 where PyTorch does so.
 */
final class Rotaries {
  private final NetworkConfig config;
  private final HfConfig parameters;
  private final String type;
  private final double theta;
  private final double partial;

  /** Whether these are the parameters of one kind of layer, of several. */
  private final boolean nested;

  private Rotaries(NetworkConfig config, HfConfig parameters, double theta, double partial) {
    this(
        config,
        parameters,
        parameters.string("rope_type", "type").orElse("default"),
        theta,
        partial,
        false);
  }

  private Rotaries(
      NetworkConfig config,
      HfConfig parameters,
      String type,
      double theta,
      double partial,
      boolean nested) {
    this.config = config;
    this.parameters = parameters;
    this.type = type;
    this.theta = parameters.real("rope_theta").orElse(theta);
    this.partial = partial;
    this.nested = nested;
  }

  /**
   * The parameters of a model with one kind of rotation, of all of the head: Transformers' class
   * has no use for a {@code partial_rotary_factor}.
   */
  static Rotaries of(NetworkConfig config) {
    return new Rotaries(config, given(config.config()), theta(config), 1);
  }

  /**
   * The parameters of a model with one kind of rotation, of a share of the head. A share that is
   * null, and so has no default, is the whole.
   */
  static Rotaries partial(NetworkConfig config) {
    String key = "partial_rotary_factor";
    HfConfig given = given(config.config());
    double share = given.real(key).orElseGet(() -> config.config().real(key).orElse(1));
    return new Rotaries(config, given, theta(config), share);
  }

  private static double theta(NetworkConfig config) {
    return config.config().real("rope_theta").orElseGet(config.theta()::getAsDouble);
  }

  /** GPT-NeoX has names of its own beside the parameters, and does not read the usual ones. */
  static Rotaries ofNeoX(NetworkConfig config) {
    HfConfig c = config.config();
    HfConfig given = given(c);
    return new Rotaries(
        config,
        given,
        c.real("rotary_emb_base").orElse(10_000),
        given.real("partial_rotary_factor").orElse(c.real("rotary_pct").orElse(0.25)));
  }

  private static HfConfig given(HfConfig config) {
    return config
        .object("rope_scaling")
        .filter(o -> !o.isEmpty())
        .or(() -> config.object("rope_parameters"))
        .orElseGet(config::emptyObject);
  }

  /** Phi-3 has called LongRoPE by other names. */
  static Rotaries ofPhi3(NetworkConfig config) {
    Rotaries r = partial(config);
    return r.type.equals("yarn")
        ? new Rotaries(config, r.parameters, "longrope", r.theta, r.partial, false)
        : r;
  }

  /**
   * The parameters of one kind of layer, where each kind has its own.
   *
   * @param given an object within {@code rope_parameters}, or {@code rope_scaling}; none if the
   *     frequencies are plain
   * @param theta base, if the object has none
   */
  static Rotaries ofLayer(NetworkConfig config, Optional<HfConfig> given, double theta) {
    HfConfig own = given.orElseGet(config.config()::emptyObject);
    String type = own.string("rope_type", "type").orElse("default");
    return new Rotaries(config, own, type, theta, 1, true);
  }

  /** Pairs i and i + half, over the configured share of a head. */
  Rotary halves(int headSize) {
    return halves(headSize, headSize);
  }

  /**
   * The same, over the configured share of another number of elements.
   *
   * @param of what the share is of
   */
  Rotary halves(int of, int headSize) {
    return rotary((int) (of * partial), headSize, false);
  }

  /** The same, where Transformers' class cuts off what is rotated, and so needs an even number. */
  Rotary evenHalves(int headSize) {
    int dimensions = (int) (headSize * partial);
    config.refuse(dimensions % 2 != 0, "rotation of %d elements of a head".formatted(dimensions));
    return halves(headSize);
  }

  /** Pairs 2i and 2i + 1, over the configured share of a head. */
  Rotary interleaved(int headSize) {
    return rotary((int) (headSize * partial), headSize, true);
  }

  /** Plain frequencies, pairs 2i and 2i + 1. */
  static Rotary interleaved(NetworkConfig config, int dimensions, int headSize) {
    return ofLayer(config, Optional.empty(), 10_000).rotary(dimensions, headSize, true);
  }

  private Rotary rotary(int dimensions, int headSize, boolean interleaved) {
    // Of an odd number, Transformers rotates one more: each frequency turns a pair.
    if (dimensions < 1 || pairs(dimensions) * 2 > headSize) {
      throw new InputException(
          "%s: %d elements of a head of %d cannot be rotated in pairs"
              .formatted(config.config().file(), dimensions, headSize),
          "check partial_rotary_factor, rotary_dim and head_dim");
    }
    return switch (type) {
      case "default" -> fixed(interleaved, 1, inverse(dimensions));
      case "linear" -> {
        float[] plain = inverse(dimensions);
        float factor = (float) positive("factor");
        for (int i = 0; i < plain.length; i++) {
          plain[i] /= factor;
        }
        yield fixed(interleaved, 1, plain);
      }
      case "dynamic" ->
          new Rotary(
              2 * pairs(dimensions),
              interleaved,
              1,
              new Rotary.Dynamic(theta, dimensions, positive("factor"), trainedOrMost()));
      case "llama3" -> fixed(interleaved, 1, llama3(dimensions));
      case "yarn" -> yarn(dimensions, interleaved);
      case "longrope", "su" -> longRope(dimensions, interleaved);
      case "proportional" -> {
        config.refuse(dimensions != headSize, "proportional rotation in a share of a head");
        yield fixed(interleaved, 1, proportional(headSize));
      }
      default ->
          throw new InputException(
              "%s: the rope type %s is not known"
                  .formatted(config.config().file(), InputException.quote(type)),
              "use a model with default, linear, dynamic, llama3, yarn, longrope or proportional");
    };
  }

  private static int pairs(int dimensions) {
    return (dimensions + 1) / 2;
  }

  private static Rotary fixed(boolean interleaved, double factor, float[] values) {
    return new Rotary(2 * values.length, interleaved, factor, new Rotary.Fixed(list(values)));
  }

  private static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>(values.length);
    for (float v : values) {
      list.add(v);
    }
    return list;
  }

  /** base^(2i / dimensions). */
  private float[] powers(int dimensions) {
    float[] powers = new float[pairs(dimensions)];
    for (int i = 0; i < powers.length; i++) {
      powers[i] = TorchPow.pow((float) theta, 2f * i / dimensions);
    }
    return powers;
  }

  private float[] inverse(int dimensions) {
    float[] inverse = powers(dimensions);
    for (int i = 0; i < inverse.length; i++) {
      inverse[i] = 1 / inverse[i];
    }
    return inverse;
  }

  private double positive(String key) {
    double value = parameters.real(key).orElseThrow(() -> parameters.missing("rope's " + key));
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new InputException(
          "%s: the rope parameter %s is %s, but must be positive"
              .formatted(config.config().file(), key, value),
          "correct the configuration, or download it again");
    }
    return value;
  }

  private OptionalDouble optional(String key) {
    return parameters.real(key).isPresent()
        ? OptionalDouble.of(positive(key))
        : OptionalDouble.empty();
  }

  /**
   * The context of the training: the configuration's own number counts before rope's, but not
   * before one kind of layer's.
   */
  private long trained() {
    String key = "original_max_position_embeddings";
    OptionalLong whole = nested ? OptionalLong.empty() : config.config().integer(key);
    return whole.orElseGet(() -> parameters.integer(key).orElseGet(this::trainedOrMost));
  }

  /**
   * Whether yarn rounds the bounds between which it mixes frequencies. Transformers looks for this
   * beside the kinds of layers, and so does not find a kind's.
   */
  private boolean truncates() {
    return nested || truncates(parameters);
  }

  /** What a null, which is no missing key, denies. */
  static boolean truncates(HfConfig parameters) {
    return parameters.bool("truncate").orElse(!parameters.has("truncate"));
  }

  private long trainedOrMost() {
    return config.config().count("max_position_embeddings");
  }

  private float[] llama3(int dimensions) {
    float[] inverse = inverse(dimensions);
    float[] factors =
        RopeFactors.llama3(
            dimensions,
            (float) theta,
            positive("factor"),
            positive("low_freq_factor"),
            positive("high_freq_factor"),
            trained());
    for (int i = 0; i < inverse.length; i++) {
      inverse[i] /= factors[i];
    }
    return inverse;
  }

  /** {@code _compute_yarn_parameters}. */
  private Rotary yarn(int dimensions, boolean interleaved) {
    // Of an odd number, Transformers mixes by a factor less than it needs; a single one fits all.
    config.refuse(
        dimensions % 2 != 0 && dimensions != 3,
        "yarn over %d elements of a head".formatted(dimensions));
    double trained = trained();
    double factor =
        parameters.real("factor").isPresent() ? positive("factor") : trainedOrMost() / trained;
    double attention =
        optional("attention_factor").orElseGet(() -> yarnAttention(parameters, factor));
    double low = correction(nonZero("beta_fast", 32), dimensions, trained);
    double high = correction(nonZero("beta_slow", 1), dimensions, trained);
    if (truncates()) {
      low = Math.floor(low);
      high = Math.ceil(high);
    }
    low = Math.max(low, 0);
    high = Math.min(high, dimensions - 1);
    if (low == high) {
      high += 0.001;
    }
    float[] values = powers(dimensions);
    for (int i = 0; i < values.length; i++) {
      int place = dimensions == 3 ? 0 : i;
      float ramp = Math.clamp((float) ((place - (float) low) / (high - low)), 0f, 1f);
      float kept = 1 - ramp;
      values[i] = 1 / ((float) factor * values[i]) * (1 - kept) + 1 / values[i] * kept;
    }
    return fixed(interleaved, attention, values);
  }

  private double nonZero(String key, double missing) {
    double value = parameters.real(key).orElse(missing);
    return value == 0 ? missing : value;
  }

  /** What YaRN multiplies sine and cosine with. */
  static double yarnAttention(HfConfig parameters, double factor) {
    if (parameters.real("attention_factor").isPresent()) {
      return parameters.real("attention_factor").getAsDouble();
    }
    double m = parameters.real("mscale").orElse(0);
    double all = parameters.real("mscale_all_dim").orElse(0);
    return m != 0 && all != 0
        ? magnitude(factor, m) / magnitude(factor, all)
        : magnitude(factor, 1);
  }

  static double magnitude(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }

  /** The dimension that turns so many times within the context of the training. */
  private double correction(double turns, int dimensions, double trained) {
    return dimensions * Math.log(trained / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  }

  /**
   * {@code _compute_proportional_rope_parameters}: of the pairs of a head, a share turns as fast as
   * without it, the others not at all.
   */
  private float[] proportional(int headSize) {
    double share =
        parameters
            .real("partial_rotary_factor")
            .orElseGet(() -> config.config().real("partial_rotary_factor").orElse(1));
    config.refuse(!(share >= 0 && share <= 1), "a partial_rotary_factor of " + share);
    float factor = parameters.real("factor").isPresent() ? (float) positive("factor") : 1;
    float[] values = inverse(headSize);
    int turning = (int) (share * headSize / 2);
    for (int i = 0; i < values.length; i++) {
      values[i] = i < turning ? values[i] / factor : 0;
    }
    return values;
  }

  /** {@code _compute_longrope_parameters}. */
  private Rotary longRope(int dimensions, boolean interleaved) {
    long trained = trained();
    double factor =
        parameters.real("factor").isPresent()
            ? positive("factor")
            : (double) trainedOrMost() / trained;
    double attention =
        optional("attention_factor")
            .orElse(factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(trained)));
    return new Rotary(
        2 * pairs(dimensions),
        interleaved,
        attention,
        new Rotary.ByLength(
            list(divided(dimensions, "short_factor")),
            list(divided(dimensions, "long_factor")),
            trained));
  }

  private float[] divided(int dimensions, String key) {
    List<Double> factors = parameters.reals(key);
    if (factors.size() != pairs(dimensions)) {
      throw new InputException(
          "%s: the rope parameter %s has %d factors, but %d elements are rotated in pairs"
              .formatted(config.config().file(), key, factors.size(), dimensions),
          "correct the configuration, or download it again");
    }
    float[] values = powers(dimensions);
    for (int i = 0; i < values.length; i++) {
      values[i] = 1 / (factors.get(i).floatValue() * values[i]);
    }
    return values;
  }
}
