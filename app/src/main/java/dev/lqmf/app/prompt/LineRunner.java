package dev.lqmf.app.prompt;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Runs a line: a command as typed, else whatever the interpreter makes of it. */
public final class LineRunner {
  private final CommandSet commands;
  private final LineInterpreter interpreter;
  private final Guide guide;

  /** Completes a command that lacks something, by asking. */
  @FunctionalInterface
  public interface Guide {
    /**
     * The whole command.
     *
     * @param words a command that parses
     * @return none if nothing lacks
     */
    Optional<List<String>> complete(List<String> words, Terminal terminal, Questions questions);
  }

  public LineRunner(CommandSet commands, LineInterpreter interpreter, Guide guide) {
    this.commands = commands;
    this.interpreter = interpreter;
    this.guide = guide;
  }

  /** Whether a line ends the prompt. */
  public static boolean leaves(String line) {
    return switch (line.strip()) {
      case "exit", "quit" -> true;
      default -> false;
    };
  }

  /**
   * Runs a line.
   *
   * @return the exit status; 0 for a line without words
   * @throws InputException if a question has no answer
   * @throws IOException if the interpreter cannot read what it needs
   */
  public int run(String line, Terminal terminal, Questions questions) throws IOException {
    List<String> words = Lines.words(line);
    if (words.isEmpty()) {
      return CommandLine.ExitCode.OK;
    }
    if (words.getFirst().equals("prompt")) {
      throw new InputException("this is the prompt already", "type 'help', or 'exit' to leave");
    }
    if (parses(words, terminal)) {
      Optional<List<String>> whole = guide.complete(words, terminal, questions);
      whole.ifPresent(w -> showCommand(w, terminal));
      return execute(whole.orElse(words), terminal);
    }
    // An option says that a command was meant, so its mistakes are to be explained.
    boolean plain = words.stream().noneMatch(word -> word.startsWith("-"));
    Optional<LineInterpreter.Meaning> meaning =
        plain ? interpreter.interpret(line) : Optional.empty();
    return meaning.isPresent()
        ? carryOut(meaning.get(), terminal, questions)
        : execute(words, terminal);
  }

  private int carryOut(LineInterpreter.Meaning meaning, Terminal terminal, Questions questions) {
    meaning.explanation().forEach(terminal::say);
    showCommand(meaning.command(), terminal);
    if (meaning.confirm() && !questions.confirm("Go ahead?")) {
      return CommandLine.ExitCode.OK;
    }
    return execute(meaning.command(), terminal);
  }

  /** So that people learn the commands, and can put them into scripts. */
  private static void showCommand(List<String> words, Terminal terminal) {
    terminal.complain("→ ", terminal.errStyle().dim(quoted(words)));
  }

  private static String quoted(List<String> words) {
    return String.join(
        " ",
        words.stream()
            .map(w -> w.matches("[\\w./:,=@+-]+") ? w : "'" + w.replace("'", "'\\''") + "'")
            .toList());
  }

  private boolean parses(List<String> words, Terminal terminal) {
    try {
      commands.commandLine(terminal).parseArgs(words.toArray(String[]::new));
      return true;
    } catch (ParameterException e) {
      return false;
    }
  }

  private int execute(List<String> words, Terminal terminal) {
    try {
      return commands.run(terminal, words.toArray(String[]::new));
    } finally {
      terminal.out().flush();
      terminal.err().flush();
    }
  }
}
