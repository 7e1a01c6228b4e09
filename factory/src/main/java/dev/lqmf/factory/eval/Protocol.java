package dev.lqmf.factory.eval;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tokenizer.TextTokenizer;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * How a text becomes windows of tokens. In both protocols the windows do not overlap, an incomplete
 * one at the end is dropped, and only the second half of a window counts, so that every prediction
 * has at least half a window before it: all tokens of the second half but its first are predicted.
 */
public enum Protocol {
  /**
   * The text is tokenized in one piece without special tokens; the first token of a window is
   * replaced by the begin-of-sequence token if the model's tokenizer begins texts with it.
   */
  HALF_WINDOW("half-window", 1, 200_000),
  /**
   * That of {@code llama-perplexity}: the text is tokenized with the begin-of-sequence token in
   * front if the model's tokenizer adds it, and then it replaces the first token of every window.
   * Special tokens that stand in the text are text. There must be two windows.
   */
  LLAMA_CPP("llama.cpp", 2, Integer.MAX_VALUE);

  /** Characters of a token; few texts have longer ones on average. */
  private static final int LONG_TOKEN = 8;

  /** Tokens that a cut of the text may change. */
  private static final int MARGIN = 512;

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
    OptionalInt first = tokenizer.addsBos() ? tokenizer.bos() : OptionalInt.empty();
    int limit = maxTokens.orElse(defaultTokens);
    long wanted = Math.min(limit, (long) maxWindows.orElse(Integer.MAX_VALUE) * window);
    int[] tokens = tokens(tokenizer, text, first, Math.max(wanted, (long) least * window));
    if (tokens.length < (long) least * window) {
      throw new InputException(
          "%s has %,d tokens, but the protocol %s with windows of %d needs at least %,d"
              .formatted(name, tokens.length, label, window, (long) least * window),
          "give a longer text, or smaller windows: --window N");
    }
    int used = Math.min(tokens.length, limit);
    int count = Math.min(used / window, maxWindows.orElse(Integer.MAX_VALUE));
    if (count == 0) {
      throw new InputException(
          "%d tokens do not fill a window of %d".formatted(used, window),
          "raise --max-tokens, or lower --window");
    }
    int[][] ids = new int[count][];
    int[][] targets = new int[count][];
    for (int i = 0; i < count; i++) {
      int end = (i + 1) * window;
      ids[i] = Arrays.copyOfRange(tokens, i * window, end);
      targets[i] = Arrays.copyOfRange(tokens, end - window + window / 2 + 1, end);
      if (first.isPresent()) {
        ids[i][0] = first.getAsInt();
      }
    }
    return new Windows(ids, targets, window / 2);
  }

  /** All tokens of a text, or at least as many of the first ones as are wanted. */
  private int[] tokens(TextTokenizer tokenizer, String text, OptionalInt bos, long wanted) {
    long enough = (wanted + MARGIN) * LONG_TOKEN;
    if (enough < text.length()) {
      int end = text.offsetByCodePoints(0, text.codePointCount(0, (int) enough));
      int[] first = tokens(tokenizer, text.substring(0, end), bos);
      // Where the text was cut its last tokens are others, which is why there is a margin.
      if (first.length >= wanted + MARGIN) {
        return first;
      }
    }
    return tokens(tokenizer, text, bos);
  }

  private int[] tokens(TextTokenizer tokenizer, String text, OptionalInt bos) {
    if (this == HALF_WINDOW) {
      return tokenizer.encode(text, false);
    }
    try (TextTokenizer plain = tokenizer.withoutSpecialTokensInText()) {
      int[] tokens = plain.encode(text, false);
      return IntStream.concat(bos.stream(), Arrays.stream(tokens)).toArray();
    }
  }
}
