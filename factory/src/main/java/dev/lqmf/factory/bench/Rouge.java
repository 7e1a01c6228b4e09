package dev.lqmf.factory.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * ROUGE of two texts (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004), as
 * Google's {@code rouge-score} 0.1.2 counts it. Words are runs of ASCII letters and digits in lower
 * case, so a text in another script has none.
 *
 * @param one words that both have
 * @param two pairs of neighbouring words that both have
 * @param longest longest sequence of words that both have in the same order, with gaps
 * @param summary the same line by line: of each line of the reference, the words that are in such a
 *     sequence with any line of the prediction
 */
public record Rouge(Overlap one, Overlap two, Overlap longest, Overlap summary) {
  private static final Pattern SEPARATOR = Pattern.compile("[^a-z0-9]+");
  private static final int LEAST_STEMMED = 4;

  /** Scores a prediction against a reference. */
  public static Rouge score(String reference, String prediction) {
    return score(reference, prediction, word -> word);
  }

  /** The same with words of more than three letters by their English stems. */
  public static Rouge scoreStems(String reference, String prediction) {
    return score(
        reference,
        prediction,
        word -> word.length() >= LEAST_STEMMED ? PorterStemmer.stem(word) : word);
  }

  private static Rouge score(String reference, String prediction, UnaryOperator<String> stem) {
    List<String> expected = words(reference, stem);
    List<String> found = words(prediction, stem);
    return new Rouge(
        ngrams(expected, found, 1),
        ngrams(expected, found, 2),
        longest(expected, found),
        summary(lines(reference, stem), lines(prediction, stem)));
  }

  private static List<String> words(String text, UnaryOperator<String> stem) {
    return Arrays.stream(SEPARATOR.split(text.toLowerCase(Locale.ROOT)))
        .filter(word -> !word.isEmpty())
        .map(stem)
        .toList();
  }

  private static List<List<String>> lines(String text, UnaryOperator<String> stem) {
    return Arrays.stream(text.split("\n")).map(line -> words(line, stem)).toList();
  }

  private static Overlap ngrams(List<String> expected, List<String> found, int n) {
    Map<List<String>, Integer> left = count(expected, n);
    int common = 0;
    for (Map.Entry<List<String>, Integer> each : count(found, n).entrySet()) {
      common += Math.min(each.getValue(), left.getOrDefault(each.getKey(), 0));
    }
    return Overlap.of(
        common, Math.max(0, expected.size() - n + 1), Math.max(0, found.size() - n + 1));
  }

  private static Map<List<String>, Integer> count(List<String> words, int n) {
    Map<List<String>, Integer> counts = new HashMap<>();
    for (int i = 0; i + n <= words.size(); i++) {
      counts.merge(List.copyOf(words.subList(i, i + n)), 1, Integer::sum);
    }
    return counts;
  }

  private static Overlap longest(List<String> expected, List<String> found) {
    int length = lengths(expected, found)[expected.size()][found.size()];
    return Overlap.of(length, expected.size(), found.size());
  }

  private static Overlap summary(List<List<String>> expected, List<List<String>> found) {
    List<String> allExpected = expected.stream().flatMap(List::stream).toList();
    List<String> allFound = found.stream().flatMap(List::stream).toList();
    Map<List<String>, Integer> leftExpected = count(allExpected, 1);
    Map<List<String>, Integer> leftFound = count(allFound, 1);
    int common = 0;
    for (List<String> line : expected) {
      for (String word : shared(line, found)) {
        // A word counts as often as both texts have it.
        List<String> key = List.of(word);
        if (leftExpected.getOrDefault(key, 0) > 0 && leftFound.getOrDefault(key, 0) > 0) {
          leftExpected.merge(key, -1, Integer::sum);
          leftFound.merge(key, -1, Integer::sum);
          common++;
        }
      }
    }
    return Overlap.of(common, allExpected.size(), allFound.size());
  }

  /** The words of a line that are in a longest common sequence with at least one other line. */
  private static List<String> shared(List<String> line, List<List<String>> others) {
    BitSet places = new BitSet();
    for (List<String> other : others) {
      int[][] lengths = lengths(line, other);
      int i = line.size();
      int j = other.size();
      // Which of several longest sequences is taken changes the union: this is rouge-score's.
      while (i > 0 && j > 0) {
        if (line.get(i - 1).equals(other.get(j - 1))) {
          places.set(--i);
          j--;
        } else if (lengths[i][j - 1] > lengths[i - 1][j]) {
          j--;
        } else {
          i--;
        }
      }
    }
    List<String> shared = new ArrayList<>();
    places.stream().forEach(i -> shared.add(line.get(i)));
    return shared;
  }

  /** Lengths of the longest common sequences of all beginnings of two lists. */
  private static int[][] lengths(List<String> a, List<String> b) {
    int[][] lengths = new int[a.size() + 1][b.size() + 1];
    for (int i = 1; i <= a.size(); i++) {
      for (int j = 1; j <= b.size(); j++) {
        lengths[i][j] =
            a.get(i - 1).equals(b.get(j - 1))
                ? lengths[i - 1][j - 1] + 1
                : Math.max(lengths[i - 1][j], lengths[i][j - 1]);
      }
    }
    return lengths;
  }
}
