package dev.lqmf.torch;

import java.util.Arrays;
import java.util.List;

/**
 * Turns tokens into text one by one. Keeps back what may yet change: half a character, and what may
 * be the beginning of a stop string.
 */
final class TextStream {
  private final Detokenizer detokenizer;
  private final List<String> stops;
  private final StringBuilder text = new StringBuilder();
  private int[] tokens = new int[16];
  private int count;

  /** Tokens whose text is complete, and from where decoding begins so that it knows its left. */
  private int complete;

  private int context;
  private int handedOut;
  private boolean stopped;

  TextStream(Detokenizer detokenizer, List<String> stops) {
    this.detokenizer = detokenizer;
    this.stops = stops;
  }

  /** Adds a token. */
  void add(int token) {
    if (count == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * count);
    }
    tokens[count++] = token;
    String before = detokenizer.text(Arrays.copyOfRange(tokens, context, complete));
    String now = detokenizer.text(Arrays.copyOfRange(tokens, context, count));
    if (now.length() > before.length() && !now.endsWith("\uFFFD")) {
      append(now.substring(before.length()));
      context = complete;
      complete = count;
    }
  }

  private void append(String more) {
    int from = text.length();
    text.append(more);
    int first = -1;
    for (String stop : stops) {
      int at = text.indexOf(stop, Math.max(0, from - stop.length() + 1));
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
    }
    if (first >= 0) {
      text.setLength(first);
      stopped = true;
    }
  }

  /** Whether a stop string has come. */
  boolean stopped() {
    return stopped;
  }

  /** Text that is certain and was not handed out yet; may be empty. */
  String next() {
    int end = stopped ? text.length() : text.length() - heldBack();
    String piece = end > handedOut ? text.substring(handedOut, end) : "";
    handedOut = Math.max(handedOut, end);
    return piece;
  }

  /** The longest end of the text that a stop string begins with. */
  private int heldBack() {
    int most = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, text.length()); n > most; n--) {
        if (stop.startsWith(text.substring(text.length() - n))) {
          most = n;
        }
      }
    }
    return most;
  }

  /** What was kept back, now that nothing more comes. */
  String rest() {
    if (!stopped && complete < count) {
      String before = detokenizer.text(Arrays.copyOfRange(tokens, context, complete));
      String now = detokenizer.text(Arrays.copyOfRange(tokens, context, count));
      if (now.length() > before.length()) {
        append(now.substring(before.length()));
      }
      complete = count;
    }
    String piece = text.substring(Math.min(handedOut, text.length()));
    handedOut = text.length();
    return piece;
  }

  /** All text so far. */
  String text() {
    return text.toString();
  }
}
