package dev.lqmf.app.prompt;

import dev.lqmf.app.output.Terminal;
import picocli.CommandLine;

/** The program's commands. */
public interface CommandSet {

  /** The commands, writing to a terminal; fresh ones each time, for they hold their options. */
  CommandLine commandLine(Terminal terminal);

  /**
   * Runs one command, and reports what goes wrong.
   *
   * @return the exit status
   */
  int run(Terminal terminal, String... arguments);
}
