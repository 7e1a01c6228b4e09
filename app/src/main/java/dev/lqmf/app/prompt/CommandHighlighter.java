package dev.lqmf.app.prompt;

import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jline.reader.Highlighter;
import org.jline.reader.LineReader;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;
import picocli.CommandLine;

/**
 * Shows while typing what is a command, an option of it, a model that is there, and what is not.
 */
final class CommandHighlighter implements Highlighter {
  private static final Pattern WORD = Pattern.compile("\"[^\"]*\"?|'[^']*'?|\\S+");

  private final CommandLine commands;
  private final ModelNames models;
  private final boolean styled;

  CommandHighlighter(CommandLine commands, ModelNames models, boolean styled) {
    this.commands = commands;
    this.models = models;
    this.styled = styled;
  }

  @Override
  public AttributedString highlight(LineReader reader, String line) {
    if (!styled) {
      return new AttributedString(line);
    }
    AttributedStringBuilder text = new AttributedStringBuilder();
    Matcher words = WORD.matcher(line);
    CommandLine command = commands;
    Set<String> known = new HashSet<>(models.names());
    int end = 0;
    while (words.find()) {
      text.append(line.substring(end, words.start()));
      end = words.end();
      String word = words.group();
      CommandLine sub = command.getSubcommands().get(word);
      if (sub != null) {
        command = sub;
      }
      text.append(word, style(word, sub != null, command, known, end == line.length()));
    }
    return text.append(line.substring(end)).toAttributedString();
  }

  private AttributedStyle style(
      String word, boolean isCommand, CommandLine command, Set<String> known, boolean unfinished) {
    AttributedStyle plain = AttributedStyle.DEFAULT;
    if (isCommand || LineRunner.leaves(word)) {
      return plain.bold().foreground(AttributedStyle.GREEN);
    }
    if (word.startsWith("-") && command != commands) {
      String name = word.contains("=") ? word.substring(0, word.indexOf('=')) : word;
      boolean exists = command.getCommandSpec().findOption(name) != null;
      boolean maybe =
          unfinished
              && command.getCommandSpec().optionsMap().keySet().stream()
                  .anyMatch(option -> option.startsWith(name));
      return plain.foreground(exists || maybe ? AttributedStyle.CYAN : AttributedStyle.RED);
    }
    if (word.startsWith("\"") || word.startsWith("'")) {
      return plain.foreground(AttributedStyle.YELLOW);
    }
    return known.contains(word) ? plain.underline() : plain;
  }
}
