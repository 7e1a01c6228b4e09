package dev.lqmf.factory.llm;

import java.net.URI;

/**
 * Somebody who runs language models. What a provider needs is stated without loading the library
 * that speaks to it, so that commands which only tell of providers start quickly.
 */
public interface LlmProvider {
  /** How it is called in commands and in {@code llm_provider}. */
  String name();

  /** The variable that holds its key. */
  String keyVariable();

  /** The variable that moves it to another address. */
  String addressVariable();

  /** Where it is, without a slash at the end. */
  URI address();

  /** The model to take unless another is chosen. */
  String model();

  /** Where a key is to be had. */
  String keyPage();

  /** Whether it has a use without a key at another address than its own. */
  default boolean keyIsOptionalElsewhere() {
    return false;
  }

  /** Makes a model; nothing is sent yet, and nothing is tried again. */
  LanguageModel open(LlmAccount account, LlmTimeouts timeouts);
}
