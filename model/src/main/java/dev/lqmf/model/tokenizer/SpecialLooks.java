package dev.lqmf.model.tokenizer;

import java.util.Set;

/** Tokens that steer a model although their files do not say so. */
final class SpecialLooks {
  private static final Set<String> KNOWN = Set.of("<pad>", "<mask>", "<2mass>", "[@BOS@]");

  private SpecialLooks() {}

  /**
   * Whether a token looks as only control tokens do (converter, {@code does_token_look_special}).
   */
  static boolean of(String token) {
    return KNOWN.contains(token)
        || (token.startsWith("<|") && token.endsWith("|>"))
        || (token.startsWith("<｜") && token.endsWith("｜>"))
        || (token.startsWith("<unused") && token.endsWith(">"));
  }

  /** SentencePiece's mark for a space as a space, as llama.cpp wants user-defined tokens. */
  static String withSpaces(String token) {
    return token.replace('▁', ' ');
  }
}
