package dev.lqmf.quant.format;

/**
 * What tells apart the formats whose super-blocks of 256 have a scale and a minimum per sub-block:
 * Q2_K, Q4_K and Q5_K.
 *
 * @param subBlocks sub-blocks in a super-block
 * @param largestQuant quants are 0 … this
 * @param largestCode the sub-blocks' scales and minima are stored as 0 … this
 * @param absoluteErrors whether, without importance, candidates are judged by absolute instead of
 *     squared errors and elements weighted by |x| instead of rms + |x|
 * @param varianceFactor with importance, elements are weighted by importance · √(varianceFactor ·
 *     mean x² + x²), the mean taken over the super-block
 * @param plainGrid candidates without importance
 * @param weightedGrid candidates with importance
 */
public record ScaleMinLayout(
    int subBlocks,
    int largestQuant,
    int largestCode,
    boolean absoluteErrors,
    float varianceFactor,
    StepGrid plainGrid,
    StepGrid weightedGrid) {

  /** Elements in a super-block: {@code QK_K}. */
  public static final int SUPER_BLOCK = 256;

  /** Elements in a sub-block. */
  public int subLength() {
    return SUPER_BLOCK / subBlocks;
  }
}
