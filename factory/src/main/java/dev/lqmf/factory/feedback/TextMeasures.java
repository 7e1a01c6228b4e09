package dev.lqmf.factory.feedback;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What can be counted in a text without knowing what is right. Words are runs of letters and
 * digits, in lower case.
 *
 * @param words number of words
 * @param distinct1 different words over all words (Li et al. 2016, "A Diversity-Promoting Objective
 *     Function for Neural Conversation Models"); 1 for less than one word
 * @param distinct2 the same of pairs of words; 1 for less than two words
 * @param repetition share of the sequences of four words that occurred before in the text (rep-n of
 *     Welleck et al. 2020, "Neural Text Generation with Unlikelihood Training"); 0 for less than
 *     four words
 * @param malformed share of characters that are no text: U+FFFD and control characters
 */
public record TextMeasures(
    int words, double distinct1, double distinct2, double repetition, double malformed) {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");
  private static final int REPEATED = 4;

  /** Measures a text. */
  public static TextMeasures of(String text) {
    List<String> words =
        WORD.matcher(text.toLowerCase(Locale.ROOT)).results().map(r -> r.group()).toList();
    long odd =
        text.codePoints()
            .filter(c -> c == 0xFFFD || (Character.isISOControl(c) && !Character.isWhitespace(c)))
            .count();
    return new TextMeasures(
        words.size(),
        distinct(words, 1),
        distinct(words, 2),
        1 - distinct(words, REPEATED),
        text.isEmpty() ? 0 : (double) odd / text.codePointCount(0, text.length()));
  }

  private static double distinct(List<String> words, int length) {
    int all = words.size() - length + 1;
    if (all < 1) {
      return 1;
    }
    Set<List<String>> different = new HashSet<>();
    for (int i = 0; i < all; i++) {
      different.add(words.subList(i, i + length));
    }
    return (double) different.size() / all;
  }

  /** From 0 to 1: {@code (1 - repetition) · (1 - malformed)}; 0 for a text without words. */
  public double coherence() {
    return words == 0 ? 0 : (1 - repetition) * (1 - malformed);
  }
}
