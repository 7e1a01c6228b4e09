package dev.lqmf.factory.decide;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Mends mistyped command words; names, numbers and everything it does not know stay as they are.
 */
final class Spelling {
  private static final Pattern LETTERS = Pattern.compile("[a-z]{3,}");

  /** The words that rules depend on. */
  private static final List<String> COMMANDS =
      List.of(
          "quantize",
          "experiments",
          "experiment",
          "bitsandbytes",
          "benchmark",
          "statistics",
          "perplexity",
          "evaluate",
          "compare",
          "inspect",
          "system",
          "status",
          "config",
          "convert",
          "compress",
          "context",
          "resume",
          "delete",
          "search",
          "types",
          "check",
          "login",
          "logout",
          "plan",
          "list",
          "stats",
          "help",
          "gguf",
          "gptq");

  /** Words that resemble commands and are none. */
  private static final Set<String> WORDS =
      Set.of(
          "lists",
          "last",
          "least",
          "lost",
          "test",
          "tests",
          "text",
          "best",
          "rest",
          "fast",
          "type",
          "typed",
          "plain",
          "play",
          "place",
          "planned",
          "clan",
          "scan",
          "than",
          "then",
          "chat",
          "what",
          "that",
          "hello",
          "held",
          "hell",
          "heap",
          "state",
          "start",
          "starts",
          "states",
          "stat",
          "quantise",
          "quantized",
          "quantised",
          "quantizes",
          "quantizing",
          "compared",
          "compares",
          "evaluated",
          "resumed",
          "deleted",
          "converts",
          "converted",
          "gptj",
          "gist",
          "lit",
          "mist",
          "lisp",
          "systems",
          "searches",
          "planet",
          "contest",
          "content",
          "confirm",
          "checks",
          "checked",
          "chick",
          "tapes",
          "time",
          "times",
          "logic",
          "helps",
          "plans",
          "plant",
          "this",
          "llm",
          "the",
          "is",
          "it",
          "let",
          "lets",
          "slit",
          "flan",
          "in",
          "and",
          "list's");

  private Spelling() {}

  /** The line with its command words as they should be. */
  static String mend(String line) {
    StringBuilder mended = new StringBuilder();
    boolean first = true;
    for (String part : line.split("(?<=\\s)|(?=\\s)")) {
      mended.append(part.isBlank() ? part : mend(part, first));
      first &= part.isBlank();
    }
    return mended.toString();
  }

  private static String mend(String word, boolean first) {
    String lower = word.toLowerCase(Locale.ROOT);
    if (!LETTERS.matcher(lower).matches() || COMMANDS.contains(lower) || WORDS.contains(lower)) {
      return word;
    }
    int allowed = lower.length() >= 9 ? 2 : lower.length() >= 5 || first ? 1 : 0;
    String best = word;
    int least = allowed + 1;
    for (String command : COMMANDS) {
      int distance = Damerau.distance(lower, command);
      if (distance < least) {
        least = distance;
        best = command;
      }
    }
    return best;
  }
}
