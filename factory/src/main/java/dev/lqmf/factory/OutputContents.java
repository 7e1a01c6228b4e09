package dev.lqmf.factory;

import dev.lqmf.tensor.TensorSink;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What one output will hold, decided before the first weight is read: a method's own business. */
interface OutputContents {

  /** What it is, as in Q4_K_M or NF4. */
  String type();

  /** All files but the recipe and the summary; sizes are the greatest they can have. */
  List<OutputPlan.PlannedFile> files();

  /** Every tensor, in the order of the output. */
  List<TensorPlan> tensors();

  /** Sentences for people. */
  List<String> warnings();

  /**
   * Creates the files with tensors, to be filled, committed and closed by the caller.
   *
   * @param directory to create them in
   * @param created receives each as soon as it is there, so that none is left open by a failure
   */
  void createTensorFiles(Path directory, List<TensorSink> created) throws IOException;

  /** The other files, which are written last. */
  List<SmallFile> smallFiles();

  /** A file that fits into memory. */
  interface SmallFile {
    String name();

    /** Its contents, read when they are needed. */
    byte[] bytes() throws IOException;
  }
}
