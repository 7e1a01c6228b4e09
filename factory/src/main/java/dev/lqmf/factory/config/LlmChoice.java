package dev.lqmf.factory.config;

/** Which language model gives advice. */
public enum LlmChoice {
  /** The first whose key is there, else none. */
  AUTO,
  /** Google's. */
  GEMINI,
  /** Anthropic's. */
  CLAUDE,
  /** OpenAI's, or a server that speaks as theirs. */
  OPENAI,
  /** No model at all. */
  NONE
}
