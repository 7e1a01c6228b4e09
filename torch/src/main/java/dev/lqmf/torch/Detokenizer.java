package dev.lqmf.torch;

/** From tokens to text. */
@FunctionalInterface
public interface Detokenizer {

  /** The text of tokens; half a character at an end becomes U+FFFD. */
  String text(int[] tokens);
}
