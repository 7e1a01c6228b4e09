package dev.lqmf.factory.feedback;

import java.lang.Character.UnicodeScript;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What can be counted in an answer without knowing what is right. Words are runs of letters and
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
 * @param consistency share of letters whose script occurs in the prompt; 1 if either has none
 */
public record TextMeasures(
    int words,
    double distinct1,
    double distinct2,
    double repetition,
    double malformed,
    double consistency) {
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{N}]+");
  private static final int REPEATED = 4;

  /** Measures an answer. */
  public static TextMeasures of(String prompt, String text) {
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
        text.isEmpty() ? 0 : (double) odd / text.codePointCount(0, text.length()),
        consistency(prompt, text));
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

  /** Letters of no particular script, such as those with a meaning in mathematics, fit any. */
  private static double consistency(String prompt, String text) {
    Set<UnicodeScript> asked = Set.copyOf(scripts(prompt));
    List<UnicodeScript> said = scripts(text);
    if (asked.isEmpty() || said.isEmpty()) {
      return 1;
    }
    return (double) said.stream().filter(asked::contains).count() / said.size();
  }

  private static List<UnicodeScript> scripts(String text) {
    return text.codePoints()
        .filter(Character::isLetter)
        .mapToObj(UnicodeScript::of)
        .filter(s -> s != UnicodeScript.COMMON && s != UnicodeScript.INHERITED)
        .toList();
  }

  /**
   * From 0 to 1: {@code (1 - repetition) · (1 - malformed) · consistency}; 0 for a text without
   * words.
   */
  public double coherence() {
    return words == 0 ? 0 : (1 - repetition) * (1 - malformed) * consistency;
  }
}
