package dev.lqmf.app.prompt;

import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.atomic.AtomicInteger;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.Terminal.SignalHandler;
import picocli.CommandLine;

/** {@code LQMF>} on a terminal: reads lines and runs them until the user leaves. */
public final class Prompt {
  /** What might be a secret is not kept. */
  private static final String NOT_KEPT = "*hf_*:*sk-*:*AIza*:*--token *:*--token=*:*_TOKEN*:*_KEY*";

  private static final String HISTORY_SIZE = "2000";

  private final org.jline.terminal.Terminal keyboard;
  private final Terminal terminal;
  private final LineRunner runner;
  private final Script.Reporter errors;
  private final LineReader lines;
  private final Questions questions;

  /**
   * @param keyboard where lines come from
   * @param terminal where commands write to
   * @param commands for completion and highlighting
   * @param history file with the lines typed before
   * @param errors told what fails beside commands
   * @param questions who answers
   */
  public Prompt(
      org.jline.terminal.Terminal keyboard,
      Terminal terminal,
      CommandSet commands,
      LineRunner runner,
      ModelNames models,
      Path history,
      Script.Reporter errors,
      Questions questions) {
    this.keyboard = keyboard;
    this.terminal = terminal;
    this.runner = runner;
    this.errors = errors;
    CommandLine known = commands.commandLine(terminal);
    this.lines =
        LineReaderBuilder.builder()
            .terminal(keyboard)
            .appName("lqmf")
            .parser(Lines.parser())
            .completer(new CommandCompleter(known, models))
            .highlighter(new CommandHighlighter(known, models, terminal.styled()))
            .variable(LineReader.HISTORY_FILE, history)
            .variable(LineReader.HISTORY_IGNORE, NOT_KEPT)
            .variable(LineReader.HISTORY_SIZE, HISTORY_SIZE)
            .variable(LineReader.HISTORY_FILE_SIZE, HISTORY_SIZE)
            .variable(LineReader.BELL_STYLE, "none")
            // A line of a person is not a shell's: "!" means itself.
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .option(LineReader.Option.HISTORY_IGNORE_SPACE, true)
            .option(LineReader.Option.HISTORY_TIMESTAMPED, false)
            .option(LineReader.Option.CASE_INSENSITIVE, true)
            .option(LineReader.Option.COMPLETE_IN_WORD, true)
            .build();
    this.questions = questions;
    keepPrivate(history);
  }

  /** Runs until the user leaves; what fails ends a line only. */
  public void run() throws IOException {
    Style style = new Style(terminal.styled());
    terminal.out().println(style.dim("'help' lists the commands; Tab completes; Ctrl-D leaves."));
    terminal.out().flush();
    String prompt = style.bold(style.green("LQMF>")) + " ";
    while (true) {
      String line;
      try {
        line = lines.readLine(prompt);
      } catch (UserInterruptException e) {
        continue; // Ctrl-C empties the line
      } catch (EndOfFileException e) {
        return;
      }
      for (String command : Lines.commands(line)) {
        if (LineRunner.leaves(command)) {
          return;
        }
        if (!runInterruptibly(command)) {
          break; // the rest of what was pasted is not wanted either
        }
      }
    }
  }

  /**
   * Ctrl-C cancels what runs, and nothing else.
   *
   * @return whether nobody pressed it
   */
  private boolean runInterruptibly(String line) {
    Terminal now = terminal.withColumns(keyboard.getWidth());
    AtomicInteger interrupts = new AtomicInteger();
    Cancellation cancellation = new Cancellation();
    Thread command =
        Thread.ofPlatform().name("command").unstarted(() -> cancellation.run(() -> run(line, now)));
    SignalHandler before =
        keyboard.handle(
            Signal.INT,
            _ -> {
              cancellation.cancel(command);
              if (interrupts.incrementAndGet() == 2) {
                command.interrupt();
                now.note("still stopping; Ctrl-\\ ends the whole program");
              }
            });
    command.start();
    try {
      command.join();
    } catch (InterruptedException e) {
      command.interrupt();
      Thread.currentThread().interrupt();
    } finally {
      keyboard.handle(Signal.INT, before);
    }
    return interrupts.get() == 0;
  }

  private void run(String line, Terminal now) {
    try {
      runner.run(line, now, questions);
    } catch (IOException | RuntimeException e) {
      errors.report(e);
    }
  }

  /** History tells what somebody works on. */
  private static void keepPrivate(Path history) {
    try {
      Path directory = history.toAbsolutePath().getParent();
      if (directory != null) {
        Files.createDirectories(directory);
      }
      if (Files.notExists(history)) {
        Files.createFile(history);
      }
      if (history.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.setPosixFilePermissions(history, PosixFilePermissions.fromString("rw-------"));
      }
    } catch (IOException e) {
      // A prompt without a memory is better than none.
    }
  }
}
