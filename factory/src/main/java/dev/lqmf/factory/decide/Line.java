package dev.lqmf.factory.decide;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A line from which rules take what they understand, until nothing or something is left. */
final class Line {
  /** Stands where something has been taken, so that what was apart stays apart. */
  private static final char TAKEN = '\u0001';

  private static final Pattern WORD = Pattern.compile("[^\\s,;:!?()\"\u0001]+");

  private final StringBuilder open;

  Line(String text) {
    open = new StringBuilder(text.replace(TAKEN, ' '));
  }

  /** A pattern for which case does not matter. */
  static Pattern pattern(String regex) {
    return Pattern.compile(regex, Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
  }

  /** Whether something that is still there matches. */
  boolean has(Pattern pattern) {
    return pattern.matcher(open).find();
  }

  /** Takes the first match. */
  Optional<MatchResult> take(Pattern pattern) {
    Matcher matcher = pattern.matcher(open);
    if (!matcher.find()) {
      return Optional.empty();
    }
    MatchResult result = matcher.toMatchResult();
    mark(result.start(), result.end());
    return Optional.of(result);
  }

  /** Takes all matches. */
  List<MatchResult> takeAll(Pattern pattern) {
    return takeAll(pattern, _ -> true);
  }

  /** Takes all matches that are wanted. */
  List<MatchResult> takeAll(Pattern pattern, Predicate<MatchResult> wanted) {
    List<MatchResult> results = new ArrayList<>();
    Matcher matcher = pattern.matcher(open.toString());
    while (matcher.find()) {
      MatchResult result = matcher.toMatchResult();
      if (wanted.test(result)) {
        results.add(result);
        mark(result.start(), result.end());
      }
    }
    return results;
  }

  /** Takes all words that are wanted; they are asked for in lower case. */
  void takeWords(Predicate<String> wanted) {
    takeAll(WORD, m -> wanted.test(bare(m.group()).toLowerCase(Locale.ROOT)));
  }

  /** The words that are left, those that stand together in one list. */
  List<List<String>> runs() {
    List<List<String>> runs = new ArrayList<>();
    for (String part : open.toString().split("[,;:!?()\"\u0001]+")) {
      List<String> run = new ArrayList<>();
      Matcher words = WORD.matcher(part);
      while (words.find()) {
        String word = bare(words.group());
        if (!word.isEmpty()) {
          run.add(word);
        }
      }
      if (!run.isEmpty()) {
        runs.add(run);
      }
    }
    return runs;
  }

  /** A word without what only surrounds it. */
  private static String bare(String word) {
    return word.replaceAll("^[-'=]+|['.=-]+$", "");
  }

  private void mark(int start, int end) {
    for (int i = start; i < end; i++) {
      open.setCharAt(i, TAKEN);
    }
  }

  @Override
  public String toString() {
    return open.toString();
  }
}
