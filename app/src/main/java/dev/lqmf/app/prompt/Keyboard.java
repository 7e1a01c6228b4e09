package dev.lqmf.app.prompt;

import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;

/** Asks whoever sits at the terminal. Answers do not get into the history. */
public final class Keyboard implements Questions {
  private final LineReader answers;

  public Keyboard(Terminal terminal) {
    answers =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .variable(LineReader.DISABLE_HISTORY, true)
            .variable(LineReader.DISABLE_COMPLETION, true)
            .variable(LineReader.BELL_STYLE, "none")
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .build();
  }

  @Override
  public String ask(String question, String recommended) {
    try {
      String answer = answers.readLine(question).strip();
      return answer.isEmpty() ? recommended : answer;
    } catch (UserInterruptException | EndOfFileException e) {
      throw new CancellationException("cancelled");
    }
  }

  /** What is typed shows as stars; empty if the user wants out. */
  public Optional<String> secret(String question) {
    try {
      return Optional.of(answers.readLine(question, '*'));
    } catch (UserInterruptException | EndOfFileException e) {
      return Optional.empty();
    }
  }
}
