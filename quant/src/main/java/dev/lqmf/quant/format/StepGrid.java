package dev.lqmf.quant.format;

/**
 * The candidates for a sub-block's scale: quants are tried that would span {@code largest + first},
 * {@code largest + first + delta}, … steps between the sub-block's minimum and maximum.
 *
 * @param first offset of the first candidate from the largest quant
 * @param delta distance between candidates
 * @param steps number of candidates
 */
public record StepGrid(float first, float delta, int steps) {

  /** The number of steps that candidate {@code step} lays between minimum and maximum. */
  public float span(int step, int largest) {
    return first + delta * step + largest;
  }
}
