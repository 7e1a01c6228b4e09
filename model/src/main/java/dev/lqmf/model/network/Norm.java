package dev.lqmf.model.network;

import java.util.List;
import java.util.Optional;

/**
 * Normalization over the innermost dimension.
 *
 * @param kind the formula
 * @param modules the module whose {@code weight} (and {@code bias}) scale the result; several if
 *     each head has its own, one after the other; empty if nothing scales it
 * @param width elements that are normalized together
 * @param epsilon added to the variance or mean square
 * @param offset added to the stored weight: 1 for Gemma, else 0
 * @param bias whether there is a bias
 */
public record Norm(
    Kind kind, List<String> modules, int width, double epsilon, int offset, boolean bias) {

  /** The formula. */
  public enum Kind {
    /** x / sqrt(mean(x²) + ε) · weight. */
    RMS,
    /** (x − mean(x)) / sqrt(var(x) + ε) · weight + bias. */
    LAYER
  }

  /** Copies the list. */
  public Norm {
    modules = List.copyOf(modules);
  }

  /** Root mean square. */
  public static Norm rms(String module, int width, double epsilon) {
    return new Norm(Kind.RMS, List.of(module), width, epsilon, 0, false);
  }

  /** Mean and variance, with a bias. */
  public static Norm layer(String module, int width, double epsilon) {
    return new Norm(Kind.LAYER, List.of(module), width, epsilon, 0, true);
  }

  /** The only module, if there is just one. */
  public Optional<String> module() {
    return modules.size() == 1 ? Optional.of(modules.getFirst()) : Optional.empty();
  }
}
