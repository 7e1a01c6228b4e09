package dev.lqmf.model.network;

import java.util.Optional;

/**
 * An operation with its norms and its residual connection: {@code after(x + scale ·
 * inside(operation(before(x))))}, where missing norms change nothing.
 *
 * @param before pre-norm
 * @param inside norm of the operation's result
 * @param after post-norm
 * @param scale of what is added to the residual
 * @param residualNormed whether {@code before(x)} is added to, and not x
 */
public record Sublayer(
    Optional<Norm> before,
    Operation operation,
    Optional<Norm> inside,
    Optional<Norm> after,
    double scale,
    boolean residualNormed) {

  /** x + operation(norm(x)). */
  public static Sublayer preNorm(Norm norm, Operation operation) {
    return preNorm(norm, operation, 1);
  }

  /** x + scale · operation(norm(x)). */
  public static Sublayer preNorm(Norm norm, Operation operation, double scale) {
    return new Sublayer(
        Optional.of(norm), operation, Optional.empty(), Optional.empty(), scale, false);
  }

  /** norm(x + operation(x)). */
  public static Sublayer postNorm(Operation operation, Norm norm) {
    return new Sublayer(Optional.empty(), operation, Optional.empty(), Optional.of(norm), 1, false);
  }

  /** x + norm(operation(x)). */
  public static Sublayer outputNorm(Operation operation, Norm norm) {
    return new Sublayer(Optional.empty(), operation, Optional.of(norm), Optional.empty(), 1, false);
  }

  /** x + after(operation(before(x))). */
  public static Sublayer sandwich(Norm before, Operation operation, Norm after) {
    return new Sublayer(
        Optional.of(before), operation, Optional.of(after), Optional.empty(), 1, false);
  }

  /** As this, but adding to the normed input. */
  public Sublayer onNormed() {
    return new Sublayer(before, operation, inside, after, scale, true);
  }
}
