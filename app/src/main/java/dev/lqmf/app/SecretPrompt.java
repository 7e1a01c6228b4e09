package dev.lqmf.app;

import java.io.Console;
import java.util.Optional;

/** Asks a person for something that must not be seen. */
@FunctionalInterface
interface SecretPrompt {
  /** Nobody is there to be asked. */
  SecretPrompt NOBODY = _ -> Optional.empty();

  /**
   * The answer; empty if there is none, or nobody to ask.
   *
   * @param question one line
   */
  Optional<String> ask(String question);

  /** Whether somebody is there. */
  default boolean isSomebodyThere() {
    return this != NOBODY;
  }

  /** The person at this process's terminal, if it has one. */
  static SecretPrompt ofProcess() {
    return new SecretPrompt() {
      // Looking for the console takes a while, and few commands need it.
      @Override
      public boolean isSomebodyThere() {
        Console console = System.console();
        return console != null && console.isTerminal();
      }

      @Override
      public Optional<String> ask(String question) {
        Console console = System.console();
        return console == null || !console.isTerminal()
            ? Optional.empty()
            : read(console, question);
      }
    };
  }

  private static Optional<String> read(Console console, String question) {
    char[] answer = console.readPassword("%s", question);
    return answer == null || answer.length == 0
        ? Optional.empty()
        : Optional.of(new String(answer));
  }
}
