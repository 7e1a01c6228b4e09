package dev.lqmf.factory.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Stems of English words (Porter, "An algorithm for suffix stripping", Program 14.3, 1980) with the
 * extensions of NLTK's {@code PorterStemmer}, since that is what {@code rouge-score} uses; no
 * library for the JVM has them. Where a rule's suffix ends the word, later rules of its step are
 * not looked at, whether its condition holds or not.
 */
final class PorterStemmer {
  private static final Map<String, String> IRREGULAR =
      Map.ofEntries(
          Map.entry("skies", "sky"),
          Map.entry("sky", "sky"),
          Map.entry("dying", "die"),
          Map.entry("lying", "lie"),
          Map.entry("tying", "tie"),
          Map.entry("news", "news"),
          Map.entry("innings", "inning"),
          Map.entry("inning", "inning"),
          Map.entry("outings", "outing"),
          Map.entry("outing", "outing"),
          Map.entry("cannings", "canning"),
          Map.entry("canning", "canning"),
          Map.entry("howe", "howe"),
          Map.entry("proceed", "proceed"),
          Map.entry("exceed", "exceed"),
          Map.entry("succeed", "succeed"));

  private static final List<Rule> PLURALS = rules(any(), "sses ss, ies i, ss ss, s -");

  private static final List<Rule> DOUBLE_SUFFIXES =
      rules(
          above(0),
          """
          ational ate, tional tion, enci ence, anci ance, izer ize, bli ble, alli al, entli ent, \
          eli e, ousli ous, ization ize, ation ate, ator ate, alism al, iveness ive, fulness ful, \
          ousness ous, aliti al, iviti ive, biliti ble, fulli ful""");

  private static final List<Rule> SUFFIXES =
      rules(above(0), "icate ic, ative -, alize al, iciti ic, ical ic, ful -, ness -");

  private static final List<Rule> LAST_SUFFIXES =
      rules(
          above(1),
          """
          al -, ance -, ence -, er -, ic -, able -, ible -, ant -, ement -, ment -, ent -, ion -, \
          ou -, ism -, ate -, iti -, ous -, ive -, ize -""");

  private PorterStemmer() {}

  /**
   * A suffix and what takes its place.
   *
   * @param applies whether it may, by the measure of what is before
   */
  private record Rule(String suffix, String replacement, IntPredicate applies) {}

  private static IntPredicate any() {
    return measure -> true;
  }

  private static IntPredicate above(int least) {
    return measure -> measure > least;
  }

  /** Pairs of suffix and replacement; a hyphen is none. */
  private static List<Rule> rules(IntPredicate applies, String pairs) {
    List<Rule> rules = new ArrayList<>();
    for (String pair : pairs.split(", ")) {
      String[] both = pair.strip().split(" ");
      rules.add(new Rule(both[0], both[1].equals("-") ? "" : both[1], applies));
    }
    return List.copyOf(rules);
  }

  /**
   * The stem of a word.
   *
   * @param word in lower case
   */
  static String stem(String word) {
    String irregular = IRREGULAR.get(word);
    if (irregular != null) {
      return irregular;
    }
    if (word.length() <= 2) {
      return word;
    }
    String stem = pastAndProgressive(plural(word));
    stem = doubleSuffix(finalY(stem));
    stem = apply(SUFFIXES, stem);
    stem = lastSuffix(stem);
    return doubleL(finalE(stem));
  }

  private static String plural(String word) {
    return word.endsWith("ies") && word.length() == 4 ? cut(word, 1) : apply(PLURALS, word);
  }

  private static String pastAndProgressive(String word) {
    if (word.endsWith("ied")) {
      return cut(word, word.length() == 4 ? 1 : 2);
    }
    if (word.endsWith("eed")) {
      return measure(cut(word, 3)) > 0 ? cut(word, 1) : word;
    }
    for (String suffix : List.of("ed", "ing")) {
      String stem = word.endsWith(suffix) ? cut(word, suffix.length()) : "";
      if (hasVowel(stem)) {
        return completed(stem);
      }
    }
    return word;
  }

  /** Brings back what -ed and -ing took. */
  private static String completed(String stem) {
    if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) {
      return stem + "e";
    }
    if (endsInDoubleConsonant(stem)) {
      return "lsz".indexOf(last(stem)) >= 0 ? stem : cut(stem, 1);
    }
    return measure(stem) == 1 && isShort(stem) ? stem + "e" : stem;
  }

  private static String finalY(String word) {
    String stem = cut(word, 1);
    return word.endsWith("y") && stem.length() > 1 && isConsonant(stem, stem.length() - 1)
        ? stem + "i"
        : word;
  }

  private static String doubleSuffix(String word) {
    if (word.endsWith("alli") && measure(cut(word, 4)) > 0) {
      return doubleSuffix(cut(word, 2));
    }
    if (word.endsWith("logi")) {
      return measure(cut(word, 3)) > 0 ? cut(word, 1) : word;
    }
    return apply(DOUBLE_SUFFIXES, word);
  }

  private static String lastSuffix(String word) {
    boolean ion = word.endsWith("ion");
    return ion && !word.endsWith("sion") && !word.endsWith("tion")
        ? word
        : apply(LAST_SUFFIXES, word);
  }

  private static String finalE(String word) {
    if (!word.endsWith("e")) {
      return word;
    }
    String stem = cut(word, 1);
    int measure = measure(stem);
    return measure > 1 || (measure == 1 && !isShort(stem)) ? stem : word;
  }

  private static String doubleL(String word) {
    String stem = cut(word, 1);
    return word.endsWith("ll") && measure(stem) > 1 ? stem : word;
  }

  private static String apply(List<Rule> rules, String word) {
    for (Rule rule : rules) {
      if (word.endsWith(rule.suffix())) {
        String stem = cut(word, rule.suffix().length());
        return rule.applies().test(measure(stem)) ? stem + rule.replacement() : word;
      }
    }
    return word;
  }

  private static String cut(String word, int letters) {
    return word.substring(0, Math.max(0, word.length() - letters));
  }

  private static char last(String word) {
    return word.charAt(word.length() - 1);
  }

  /** All but a, e, i, o, u, and y after a consonant; digits are consonants. */
  private static boolean isConsonant(String word, int place) {
    char letter = word.charAt(place);
    if (letter != 'y') {
      return "aeiou".indexOf(letter) < 0;
    }
    int ys = 0; // a run of them: every other one is a vowel
    while (ys < place && word.charAt(place - ys - 1) == 'y') {
      ys++;
    }
    boolean first = ys == place || !isConsonant(word, place - ys - 1);
    return first == (ys % 2 == 0);
  }

  private static boolean hasVowel(String word) {
    for (int i = 0; i < word.length(); i++) {
      if (!isConsonant(word, i)) {
        return true;
      }
    }
    return false;
  }

  /** How often consonants follow on vowels. */
  private static int measure(String word) {
    int measure = 0;
    boolean vowelBefore = false;
    for (int i = 0; i < word.length(); i++) {
      boolean consonant = isConsonant(word, i);
      if (consonant && vowelBefore) {
        measure++;
      }
      vowelBefore = !consonant;
    }
    return measure;
  }

  private static boolean endsInDoubleConsonant(String word) {
    int length = word.length();
    return length > 1 && last(word) == word.charAt(length - 2) && isConsonant(word, length - 1);
  }

  /** Whether a syllable ends it that would need an e: consonant, vowel, consonant but w, x, y. */
  private static boolean isShort(String word) {
    int length = word.length();
    if (length == 2) {
      return !isConsonant(word, 0) && isConsonant(word, 1);
    }
    return length > 2
        && isConsonant(word, length - 3)
        && !isConsonant(word, length - 2)
        && isConsonant(word, length - 1)
        && "wxy".indexOf(last(word)) < 0;
  }
}
