package dev.lqmf.quant.format;

/** The sixteen levels of the 4-bit non-linear formats: {@code kvalues_iq4nl} of ggml. */
public final class NonLinear {
  private static final int[] LEVELS = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  /** Number of levels. */
  public static final int COUNT = 16;

  private NonLinear() {}

  /** The level of a quant, -127 to 113. */
  public static int level(int quant) {
    return LEVELS[quant];
  }

  /**
   * Where quant {@code quant + 1} takes over from {@code quant}: the middle of their levels, which
   * belongs to the upper one.
   *
   * @param quant 0 to 14
   */
  public static float threshold(int quant) {
    return (LEVELS[quant] + LEVELS[quant + 1]) * 0.5f;
  }

  /**
   * The quant of the nearest level: {@code best_index_int8} of {@code ggml-quants.c}.
   *
   * <p>ggml compares the distances to the neighbouring levels. Near their middle both are exact, so
   * a comparison with the middle is the same. A NaN fails every comparison and gets the last quant.
   */
  public static int nearest(float value) {
    int quant = 0;
    while (quant < COUNT - 1 && !(value < threshold(quant))) {
      quant++;
    }
    return quant;
  }
}
