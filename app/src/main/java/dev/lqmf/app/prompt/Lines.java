package dev.lqmf.app.prompt;

import java.io.File;
import java.util.List;
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
