package dev.lqmf.factory.doctor;

import java.io.IOException;
import java.util.function.Consumer;

/** Looks at one aspect of a model. */
interface Check {

  /** In a word or two. */
  String name();

  /** Whether the aspect exists for this model. */
  default boolean concerns(Patient patient) {
    return true;
  }

  /**
   * Looks.
   *
   * @param findings receives at least one finding
   * @throws IOException if a file cannot be read
   */
  void run(Patient patient, Consumer<Finding> findings) throws IOException;
}
