package dev.lqmf.factory.eval;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.TextTokenizer;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * How a text becomes windows of tokens. In both protocols the windows do not overlap, an incomplete
 * one at the end is dropped, and only the second half of a window counts, so that every prediction
 * has at least half a window before it.
 */
public enum Protocol {
  /**
   * The text is tokenized in one piece without special tokens; the first token of a window is
   * replaced by the begin-of-sequence token if the model has one. The positions of the second half
   * predict the token after them, the last one the first token of the next window.
   */
  HALF_WINDOW("half-window", 1, 200_000),
  /**
   * That of {@code llama-perplexity}: the text is tokenized with the begin-of-sequence token in
   * front if the model's tokenizer adds it, and then it replaces the first token of every window.
   * Special tokens that stand in the text are text. All tokens of the second half but its first are
   * predicted. There must be two windows.
   */
  LLAMA_CPP("llama.cpp", 2, Integer.MAX_VALUE);

  private final String label;
  private final int least;
  private final int defaultTokens;

  Protocol(String label, int least, int defaultTokens) {
    this.label = label;
    this.least = least;
    this.defaultTokens = defaultTokens;
  }

  /** What users call it. */
  public String label() {
    return label;
  }

  /** How many tokens of a text are used unless the user says otherwise. */
  public int defaultTokens() {
    return defaultTokens;
  }

  /**
   * A protocol by its label.
   *
   * @throws InputException if there is none
   */
  public static Protocol named(String label) {
    return Arrays.stream(values())
        .filter(p -> p.label.equals(label.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "the protocol %s is not known".formatted(InputException.quote(label)),
                    "use half-window or llama.cpp"));
  }

  /**
   * Cuts a text.
   *
   * @param name of the text, for messages
   * @param window tokens of a window
   * @param maxTokens tokens of the text that are used
   * @param maxWindows windows that are used
   * @throws InputException if the text is too short
   */
  Windows windows(
      TextTokenizer tokenizer,
      String name,
      String text,
      int window,
      OptionalInt maxTokens,
      OptionalInt maxWindows) {
    OptionalInt first = OptionalInt.empty();
    int[] tokens;
    if (this == HALF_WINDOW) {
      first = tokenizer.bos();
      tokens = tokenizer.encode(text, false);
    } else {
      try (TextTokenizer plain = tokenizer.withoutSpecialTokensInText()) {
        tokens = plain.encode(text, false);
      }
      if (tokenizer.addsBos()) {
        first = tokenizer.bos();
        int[] begun = new int[tokens.length + 1];
        begun[0] = first.getAsInt();
        System.arraycopy(tokens, 0, begun, 1, tokens.length);
        tokens = begun;
      }
    }
    if (tokens.length < (long) least * window + (this == HALF_WINDOW ? 1 : 0)) {
      throw new InputException(
          "%s has %,d tokens, but %s of %d make at least %,d"
              .formatted(
                  name,
                  tokens.length,
                  least == 1 ? "a window" : least + " windows",
                  window,
                  (long) least * window),
          "give a longer text, or smaller windows: --window N");
    }
    int used = Math.min(tokens.length, maxTokens.orElse(defaultTokens));
    int count =
        Math.min(
            (used - (this == HALF_WINDOW ? 1 : 0)) / window, maxWindows.orElse(Integer.MAX_VALUE));
    if (count == 0) {
      throw new InputException(
          "%d tokens do not fill a window of %d".formatted(used, window),
          "raise --max-tokens, or lower --window");
    }
    // The last position of a window predicts a token of the next one, if there is one.
    int beyond = this == HALF_WINDOW ? 1 : 0;
    int[][] ids = new int[count][];
    int[][] targets = new int[count][];
    for (int i = 0; i < count; i++) {
      int end = (i + 1) * window;
      ids[i] = Arrays.copyOfRange(tokens, i * window, end);
      targets[i] = Arrays.copyOfRange(tokens, end - window + window / 2 + 1, end + beyond);
      if (first.isPresent()) {
        ids[i][0] = first.getAsInt();
      }
    }
    return new Windows(ids, targets, window / 2);
  }
}
