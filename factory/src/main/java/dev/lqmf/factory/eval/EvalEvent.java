package dev.lqmf.factory.eval;

import dev.lqmf.factory.JobEvent;

/** What a running {@link EvalJob} tells, on the thread that runs it. */
public sealed interface EvalEvent {

  /** A model is being found or fetched. */
  record Finding(JobEvent event) implements EvalEvent {}

  /**
   * The text is cut.
   *
   * @param windows how many
   * @param length tokens of each
   */
  record Cut(String text, int windows, int length) implements EvalEvent {}

  /**
   * Progress, after every few windows.
   *
   * @param model the one that ran last
   * @param perplexity of it so far
   * @param tokensDone of all models
   * @param tokensTotal of all models
   */
  record Measuring(String model, double perplexity, long tokensDone, long tokensTotal)
      implements EvalEvent {}

  /** A model is done. */
  record Measured(EvalReport.Result result) implements EvalEvent {}
}
