package dev.lqmf.app.prompt;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.jline.reader.EOFError;
import org.jline.reader.Parser;
import org.jline.reader.impl.DefaultParser;

/** How a line becomes words: as in a shell, with quotes and backslashes. */
final class Lines {
  private Lines() {}

  /** The parser of the reader, so that completion sees what will be run. */
  static DefaultParser parser() {
    DefaultParser parser = new DefaultParser();
    if (File.separatorChar == '\\') {
      parser.setEscapeChars(new char[0]);
    }
    return parser;
  }

  /**
   * The commands of what was typed or pasted at once: one on each line, unless a quote or a
   * backslash at its end says that it goes on. Lines without words and comments are left out.
   */
  static List<String> commands(String text) {
    List<String> commands = new ArrayList<>();
    String begun = "";
    for (String line : text.lines().toList()) {
      boolean continued = line.endsWith("\\") && File.separatorChar == '/';
      begun += continued ? line.substring(0, line.length() - 1) : line;
      if (!continued && isQuoteOpen(begun)) {
        begun += "\n";
      } else if (!continued) {
        commands.add(begun);
        begun = "";
      }
    }
    commands.add(begun);
    commands.removeIf(c -> c.isBlank() || c.stripLeading().startsWith("#"));
    return commands;
  }

  private static boolean isQuoteOpen(String line) {
    DefaultParser parser = parser();
    parser.setEofOnUnclosedQuote(true);
    try {
      parser.parse(line, line.length(), Parser.ParseContext.ACCEPT_LINE);
      return false;
    } catch (EOFError open) {
      return true;
    }
  }

  /** The words of a line, without the program's own name. */
  static List<String> words(String line) {
    List<String> words =
        parser().parse(line, line.length(), Parser.ParseContext.ACCEPT_LINE).words().stream()
            .filter(word -> !word.isEmpty())
            .toList();
    boolean named =
        !words.isEmpty() && (words.getFirst().equals("lqmf") || words.getFirst().equals("./lqmf"));
    return named ? words.subList(1, words.size()) : words;
  }
}
