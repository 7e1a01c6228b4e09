package dev.lqmf.factory.plan;

/** What to expect of a quantized model, compared with the original; the best first. */
public enum QualityClass {
  LOSSLESS("as the original"),
  EXCELLENT("hardly to be told from the original"),
  GOOD("a small loss"),
  FAIR("a visible loss"),
  POOR("a considerable loss");

  private final String words;

  QualityClass(String words) {
    this.words = words;
  }

  /** For people, without a full stop. */
  public String words() {
    return words;
  }

  QualityClass worse() {
    return values()[Math.min(ordinal() + 1, values().length - 1)];
  }
}
