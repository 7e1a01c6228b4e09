package dev.lqmf.model.network;

import dev.lqmf.tensor.InputException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A function applied to each element, under the names of Transformers' {@code ACT2FN}. */
public enum Activation {
  /** x · sigmoid(x). */
  SILU,
  /** x · Φ(x), with the error function. */
  GELU,
  /** GELU by the tanh formula; differs from the exact one by some 1e-3. */
  GELU_TANH,
  /** GELU, at most 10. */
  GELU_10,
  /** x · sigmoid(1.702 x). */
  QUICK_GELU,
  RELU,
  /** max(x, 0)². */
  RELU_SQUARED,
  /** min(max(x, 0), 6). */
  RELU6,
  /** x, or 0.01 x where it is negative. */
  LEAKY_RELU,
  /** x · min(max(x + 3, 0), 6) / 6. */
  HARD_SWISH,
  /** The normal distribution of mean 0.707107 and deviation 0.282095, summed up to x. */
  LAPLACE,
  /** √softplus(x). */
  SQRT_SOFTPLUS,
  SIGMOID,
  TANH,
  /** x · tanh(softplus(x)). */
  MISH,
  LINEAR,
  /** x, or weight · x where it is negative. */
  PRELU,
  /**
   * p x² + x / 2; where x is negative, (eˣ − 1 − x) n + x / 2 (Huang, 2024). p = softplus(alpha_p),
   * n = 1/2 + softplus(alpha_n).
   */
  XIELU;

  private static final Map<String, Activation> BY_NAME =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("silu", SILU),
              Map.entry("swish", SILU),
              Map.entry("gelu", GELU),
              Map.entry("gelu_python", GELU),
              Map.entry("gelu_new", GELU_TANH),
              Map.entry("gelu_fast", GELU_TANH),
              Map.entry("gelu_accurate", GELU_TANH),
              Map.entry("gelu_pytorch_tanh", GELU_TANH),
              Map.entry("gelu_python_tanh", GELU_TANH),
              Map.entry("gelu_10", GELU_10),
              Map.entry("quick_gelu", QUICK_GELU),
              Map.entry("relu", RELU),
              Map.entry("relu2", RELU_SQUARED),
              Map.entry("relu6", RELU6),
              Map.entry("leaky_relu", LEAKY_RELU),
              Map.entry("hardswish", HARD_SWISH),
              Map.entry("laplace", LAPLACE),
              Map.entry("sqrtsoftplus", SQRT_SOFTPLUS),
              Map.entry("sigmoid", SIGMOID),
              Map.entry("tanh", TANH),
              Map.entry("mish", MISH),
              Map.entry("linear", LINEAR),
              Map.entry("prelu", PRELU),
              Map.entry("xielu", XIELU)));

  /** What the module of an activation may be called in Transformers, with weights in it or not. */
  public static final List<String> MODULES =
      List.of("act_fn", "act", "activation_fn", "intermediate_act_fn", "transform_act_fn");

  /** The weights of a module, one number each; most activations have none. */
  public List<String> weights() {
    return switch (this) {
      case PRELU -> List.of("weight");
      case XIELU -> List.of("alpha_p", "alpha_n");
      default -> List.of();
    };
  }

  /**
   * The function of a name in a configuration.
   *
   * @param key where the name stands, for the message
   * @throws InputException if it is none of those known; the message lists them
   */
  public static Activation named(String key, String name) {
    Activation found = BY_NAME.get(name);
    if (found == null) {
      throw new InputException(
          "%s is %s, an activation that is not known".formatted(key, InputException.quote(name)),
          "use a model with one of " + String.join(", ", BY_NAME.keySet()));
    }
    return found;
  }
}
