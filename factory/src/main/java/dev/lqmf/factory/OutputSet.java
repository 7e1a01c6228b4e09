package dev.lqmf.factory;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/** All outputs that are written in one reading of the input. */
final class OutputSet implements AutoCloseable {
  private final List<OutputWriter> writers = new ArrayList<>();

  private OutputSet() {}

  /**
   * Creates the files of all outputs.
   *
   * @throws InputException if there is too little space for them, or another process makes one
   */
  static OutputSet open(List<PlannedOutput> outputs) throws IOException {
    checkSpace(outputs);
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

  private static void checkSpace(List<PlannedOutput> outputs) throws IOException {
    if (outputs.isEmpty()) {
      return;
    }
    Path existing = outputs.getFirst().directory().toAbsolutePath();
    while (!Files.exists(existing)) {
      existing = Objects.requireNonNull(existing.getParent(), "the root directory exists");
    }
    long needed = outputs.stream().mapToLong(PlannedOutput::fileBytes).sum();
    long usable = Files.getFileStore(existing).getUsableSpace();
    if (usable < needed) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "the results take %,d bytes, but only %,d are free in %s",
              needed,
              usable,
              existing),
          "free some space, or choose another output directory");
    }
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
