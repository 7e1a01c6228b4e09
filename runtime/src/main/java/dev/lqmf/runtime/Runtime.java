package dev.lqmf.runtime;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Path;

/** A program that can run models: opens a file of the format it knows. */
@SuppressWarnings("JavaLangClash") // the field's term; java.lang.Runtime is not used here
public interface Runtime {

  /** What people call it, as in {@code llama.cpp}. */
  String name();

  /**
   * Loads a model.
   *
   * @param model the file; of a split GGUF the first one
   * @throws InputException if this runtime cannot run the model; the message names the file and
   *     gives the runtime's own reason
   * @throws IOException if the file cannot be read, or the runtime itself does not start
   */
  Session open(Path model, SessionOptions options) throws IOException;
}
