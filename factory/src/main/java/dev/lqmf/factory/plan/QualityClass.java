package dev.lqmf.factory.plan;

/**
 * What to expect of a quantized model, compared with the original; the best first. The bounds lie
 * between llama.cpp's published divergences for Llama 3 8B: Q8_0 | Q6_K, Q5_K_M | Q4_K_M, Q4_K_S |
 * Q3_K_L, Q3_K_M | Q3_K_S.
 */
public enum QualityClass {
  LOSSLESS("as the original", 0.003),
  EXCELLENT("hardly to be told from the original", 0.02),
  GOOD("a small loss", 0.06),
  FAIR("a visible loss", 0.15),
  POOR("a considerable loss", Double.POSITIVE_INFINITY);

  private final String words;
  private final double bound;

  QualityClass(String words, double bound) {
    this.words = words;
    this.bound = bound;
  }

  /** The class of a mean Kullback-Leibler divergence from the original, in nats. */
  static QualityClass ofDivergence(double divergence) {
    for (QualityClass quality : values()) {
      if (divergence < quality.bound) {
        return quality;
      }
    }
    return POOR;
  }

  /** For people, without a full stop. */
  public String words() {
    return words;
  }

  QualityClass worse() {
    return values()[Math.min(ordinal() + 1, values().length - 1)];
  }
}
