package dev.lqmf.factory.bench;

import dev.lqmf.factory.eval.Estimate;

/** Counts right answers. */
final class ChoiceTally {
  private int questions;
  private int plain;
  private int normalized;

  /**
   * Adds a question.
   *
   * @param logLikelihoods of its choices
   */
  void add(ChoiceQuestion question, double[] logLikelihoods) {
    double[] perCharacter = new double[logLikelihoods.length];
    for (int i = 0; i < perCharacter.length; i++) {
      String choice = question.choices().get(i);
      perCharacter[i] = logLikelihoods[i] / choice.codePointCount(0, choice.length());
    }
    questions++;
    plain += best(logLikelihoods) == question.answer() ? 1 : 0;
    normalized += best(perCharacter) == question.answer() ? 1 : 0;
  }

  /** Of equal ones the first, as numpy's argmax. */
  private static int best(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  int questions() {
    return questions;
  }

  Measured.Accuracy accuracy() {
    return new Measured.Accuracy(questions, share(plain), share(normalized));
  }

  private Estimate share(int count) {
    double p = (double) count / questions;
    return new Estimate(p, questions < 2 ? 0 : Math.sqrt(p * (1 - p) / (questions - 1)));
  }
}
