package dev.lqmf.factory;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** All outputs that are written in one reading of the input. */
final class OutputSet implements AutoCloseable {
  private final List<OutputWriter> writers = new ArrayList<>();

  private OutputSet() {}

  /**
   * Creates the files of all outputs.
   *
   * @throws dev.lqmf.tensor.InputException if another process makes one
   */
  static OutputSet open(List<PlannedOutput> outputs) throws IOException {
    OutputSet set = new OutputSet();
    try {
      for (PlannedOutput output : outputs) {
        set.writers.add(OutputWriter.open(output));
      }
      return set;
    } catch (IOException | RuntimeException e) {
      set.close();
      throw e;
    }
  }

  List<OutputWriter> writers() {
    return writers;
  }

  /** Removes whatever has not been published. */
  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (OutputWriter writer : writers) {
      try {
        writer.close();
      } catch (IOException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
