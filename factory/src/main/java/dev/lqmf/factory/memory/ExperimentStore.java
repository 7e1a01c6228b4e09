package dev.lqmf.factory.memory;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Keeps experiments. Safe for use by several threads and by several processes at once; what a
 * method has put, another process sees.
 */
public interface ExperimentStore extends AutoCloseable {

  /** Adds an experiment, or replaces the one of the same name. */
  void put(Experiment experiment) throws IOException;

  /** The experiment of a name. */
  Optional<Experiment> find(String id) throws IOException;

  /** Experiments, the newest first. */
  List<Experiment> list(Query query) throws IOException;

  /**
   * Changes an experiment, with nobody changing it at the same time.
   *
   * @param change gives an experiment of the same name
   * @return as it is now; empty if there is none
   */
  Optional<Experiment> update(String id, UnaryOperator<Experiment> change) throws IOException;

  /**
   * Removes an experiment.
   *
   * @return whether there was one
   */
  boolean delete(String id) throws IOException;

  @Override
  void close() throws IOException;
}
