package dev.lqmf.factory.bench;

import dev.lqmf.factory.JobEvent;

/** What a running {@link BenchJob} tells, on the thread that runs it. */
public sealed interface BenchEvent {

  /** A model is being found or fetched. */
  record Finding(JobEvent event) implements BenchEvent {}

  /**
   * All models are found.
   *
   * @param cells of the matrix of models and measurements
   * @param stored those that were measured earlier
   */
  record Planned(int cells, int stored) implements BenchEvent {}

  /**
   * Progress.
   *
   * @param done share of the cells that are to be measured, 0 to 1
   */
  record Measuring(String model, Measurement measurement, double done) implements BenchEvent {}

  /** A cell is measured and stored. */
  record Finished(String model, Measurement measurement) implements BenchEvent {}

  /**
   * A cell could not be measured; the others are.
   *
   * @param reason a sentence for people
   */
  record Failed(String model, Measurement measurement, String reason) implements BenchEvent {}

  /**
   * A result is known, but could not be stored; so will those be that follow.
   *
   * @param reason names the file
   */
  record NotStored(String reason) implements BenchEvent {}
}
