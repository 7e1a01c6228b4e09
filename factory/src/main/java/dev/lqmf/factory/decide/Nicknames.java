package dev.lqmf.factory.decide;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What people call models, as far as the program ships it. */
final class Nicknames {
  /** In a shorter name, one letter makes another name. */
  private static final int SHORTEST_MISTYPED = 6;

  /** As in {@code -v0.3}. */
  private static final Pattern VERSION = Pattern.compile("-v[0-9]+(\\.[0-9]+)*");

  private final Map<String, String> ids = new LinkedHashMap<>();

  Nicknames() {
    for (List<String> row : Resource.rows("nicknames.tsv")) {
      ids.put(key(row.get(0)), row.get(1));
    }
  }

  /** Letters, digits and the points between digits: what is left when spelling does not matter. */
  static String key(String text) {
    return text.toLowerCase(Locale.ROOT)
        .replaceAll("(?<!\\d)\\.|\\.(?!\\d)", "")
        .replaceAll("[^a-z0-9.]", "");
  }

  /** The id that a nickname stands for. */
  Optional<String> find(String text) {
    return Optional.ofNullable(ids.get(key(text)));
  }

  /** A listed id that is a typed one and a version: there is no model without it. */
  Optional<String> findVersion(String typed) {
    int slash = typed.indexOf('/');
    return slash < 0
        ? Optional.empty()
        : find(typed.substring(slash + 1))
            .filter(id -> id.regionMatches(true, 0, typed, 0, typed.length()))
            .filter(id -> VERSION.matcher(id.substring(typed.length())).matches());
  }

  /** As {@link #find}, with one typing mistake allowed, if it can mean one model only. */
  Optional<String> findMistyped(String text) {
    String key = key(text);
    if (key.length() < SHORTEST_MISTYPED) {
      return Optional.empty();
    }
    List<String> close =
        ids.keySet().stream()
            .filter(k -> digits(k).equals(digits(key)) && Damerau.distance(k, key) == 1)
            .map(k -> String.valueOf(ids.get(k)))
            .distinct()
            .toList();
    return close.size() == 1 ? Optional.of(close.getFirst()) : Optional.empty();
  }

  /** Ids whose nicknames resemble a text, the closest first. */
  List<String> closest(String text, int limit) {
    String key = key(text);
    return ids.keySet().stream()
        .filter(k -> Damerau.distance(k, key) <= Math.max(k.length(), key.length()) / 3)
        .sorted(Comparator.comparingInt(k -> Damerau.distance(k, key)))
        .map(k -> String.valueOf(ids.get(k)))
        .distinct()
        .limit(limit)
        .toList();
  }

  private static String digits(String text) {
    return text.replaceAll("[^0-9.]+", " ").strip();
  }
}
