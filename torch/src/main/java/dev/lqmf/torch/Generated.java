package dev.lqmf.torch;

import java.util.List;

/**
 * What a model generated.
 *
 * @param tokens without the prompt, and without a stop token
 * @param text of the tokens, up to a stop string
 * @param end why it ended
 */
public record Generated(List<Integer> tokens, String text, End end) {

  /** Why a text ended. */
  public enum End {
    /** The model chose a stop token. */
    STOP_TOKEN,
    /** The text came to contain a stop string. */
    STOP_STRING,
    /** As many tokens as asked for. */
    LENGTH,
    /** The model has no more positions. */
    CONTEXT,
    /** The receiver wanted no more. */
    CANCELLED
  }

  /** Copies the list. */
  public Generated {
    tokens = List.copyOf(tokens);
  }
}
