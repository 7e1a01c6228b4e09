package dev.lqmf.model.network;

import java.util.Optional;
import java.util.OptionalDouble;

/**
 * From the last hidden state to one score per token of the vocabulary.
 *
 * @param projectIn to the width of the embedding, if that differs (OPT-350m)
 * @param transform what masked-language models do first
 * @param projection to the vocabulary; if no such tensor is stored and {@code tied}, its weight is
 *     the embedding's
 * @param tied whether the weight may be the embedding's
 * @param inputScale the hidden state is multiplied by it (T5)
 * @param scale the scores are multiplied by it
 * @param softCap c: scores become c · tanh(score / c)
 * @param bias name of a tensor of one number per token that is added, other than the projection's
 *     own
 */
public record Head(
    Optional<Linear> projectIn,
    Optional<Transform> transform,
    Linear projection,
    boolean tied,
    double inputScale,
    double scale,
    OptionalDouble softCap,
    Optional<String> bias) {

  /** norm(f(dense(x))). */
  public record Transform(Linear dense, Activation activation, Norm norm) {}

  /** A projection and nothing else. */
  public static Head of(Linear projection, boolean tied) {
    return new Head(
        Optional.empty(),
        Optional.empty(),
        projection,
        tied,
        1,
        1,
        OptionalDouble.empty(),
        Optional.empty());
  }

  public Head scaled(double factor) {
    return new Head(projectIn, transform, projection, tied, inputScale, factor, softCap, bias);
  }

  public Head inputScaled(double factor) {
    return new Head(projectIn, transform, projection, tied, factor, scale, softCap, bias);
  }

  public Head capped(OptionalDouble cap) {
    return new Head(projectIn, transform, projection, tied, inputScale, scale, cap, bias);
  }

  public Head biased(String tensor) {
    return new Head(
        projectIn, transform, projection, tied, inputScale, scale, softCap, Optional.of(tensor));
  }

  public Head transformed(Transform first) {
    return new Head(
        projectIn, Optional.of(first), projection, tied, inputScale, scale, softCap, bias);
  }

  public Head projectedIn(Linear first) {
    return new Head(
        Optional.of(first), transform, projection, tied, inputScale, scale, softCap, bias);
  }
}
