package dev.lqmf.runtime;

import dev.lqmf.tensor.InputException;
import java.util.function.Consumer;

/** A loaded model. One generation runs at a time; a second caller waits for the first. */
public interface Session extends AutoCloseable {

  /** Whether the model says how a conversation is written, so that it can be asked questions. */
  boolean hasChatTemplate();

  /** The most tokens that prompt and answer can have together. */
  int contextLength();

  /**
   * Continues a text, or answers it if {@link GenerationOptions#chat()} is set and the model has a
   * chat template. Returns when the model ends its text, the limit is reached, the context is full,
   * or {@link #cancel()} was called.
   *
   * @param prompt the text
   * @param options how to choose tokens
   * @param sink receives the generated text piece by piece, on the calling thread; a piece never
   *     ends within a character
   * @return what it took
   * @throws InputException if the prompt does not fit into the context
   * @throws IllegalStateException if the session is closed
   */
  Generation generate(String prompt, GenerationOptions options, Consumer<String> sink);

  /** Ends the running generation before its next token; may be called from any thread. */
  void cancel();

  @Override
  void close();
}
