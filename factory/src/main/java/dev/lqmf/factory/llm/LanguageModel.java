package dev.lqmf.factory.llm;

import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/** A language model that answers questions. Safe for use by several threads. */
public interface LanguageModel {

  /**
   * Asks for an answer in JSON.
   *
   * @param system what the model is to be
   * @param user the question
   * @param jsonSchema JSON Schema of the answer; its root is an object
   * @return well-formed JSON; whether it keeps to the schema is for the caller to check
   * @throws LlmException if there is no such answer
   * @throws CancellationException if the thread is interrupted
   */
  String ask(String system, String user, String jsonSchema) throws LlmException;

  /**
   * Asks for an answer in words.
   *
   * @param pieces told the answer as it is made, on the calling thread
   * @throws LlmException if the answer does not come or breaks off
   * @throws CancellationException if the thread is interrupted
   */
  void stream(String system, String user, Consumer<String> pieces) throws LlmException;
}
