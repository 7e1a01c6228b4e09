package dev.lqmf.tokenizer.jinja;

/** Collects text within a budget. */
final class Output {
  private final Budget budget;
  private final StringBuilder text = new StringBuilder();

  Output(Budget budget) {
    this.budget = budget;
  }

  Output append(String part) {
    budget.room((long) text.length() + part.length(), part.length());
    text.append(part);
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
