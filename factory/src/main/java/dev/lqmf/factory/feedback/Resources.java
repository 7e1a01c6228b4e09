package dev.lqmf.factory.feedback;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a model's process took of the machine, as far as the system tells.
 *
 * @param peakBytes its largest resident memory
 * @param meanBytes the mean of its resident memory while it answered
 * @param cores processors that it kept busy on average
 */
public record Resources(OptionalLong peakBytes, OptionalLong meanBytes, OptionalDouble cores) {

  /** Nothing is known. */
  public static final Resources UNKNOWN =
      new Resources(OptionalLong.empty(), OptionalLong.empty(), OptionalDouble.empty());
}
