package dev.lqmf.app.prompt;

import dev.lqmf.app.output.Terminal;
import java.io.BufferedReader;
import java.io.IOException;
import picocli.CommandLine;

/** Runs lines from a file or a pipe, one by one. */
public final class Script {
  private final LineRunner runner;
  private final Questions questions;
  private final boolean keepGoing;

  /**
   * @param questions who answers
   * @param keepGoing whether to go on after a line that failed
   */
  public Script(LineRunner runner, Questions questions, boolean keepGoing) {
    this.runner = runner;
    this.questions = questions;
    this.keepGoing = keepGoing;
  }

  /** What a mistake outside of a command is told to. */
  @FunctionalInterface
  public interface Reporter {
    /** Reports it and gives the exit status. */
    int report(Exception e);
  }

  /**
   * Runs all lines; blank ones and those that begin with {@code #} are skipped.
   *
   * @return the status of the first line that failed, else 0
   * @throws IOException if the lines cannot be read
   */
  public int run(BufferedReader lines, Terminal terminal, Reporter errors) throws IOException {
    int first = CommandLine.ExitCode.OK;
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      if (LineRunner.leaves(line)) {
        break;
      }
      int status = line.isBlank() || line.strip().startsWith("#") ? 0 : run(line, terminal, errors);
      if (status != CommandLine.ExitCode.OK) {
        terminal.note("line " + number + " failed: " + line.strip());
        first = first == CommandLine.ExitCode.OK ? status : first;
        if (!keepGoing) {
          break;
        }
      }
    }
    return first;
  }

  private int run(String line, Terminal terminal, Reporter errors) {
    try {
      return runner.run(line, terminal, questions);
    } catch (IOException | RuntimeException e) {
      return errors.report(e);
    }
  }
}
