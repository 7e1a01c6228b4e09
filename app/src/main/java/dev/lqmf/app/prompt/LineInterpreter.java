package dev.lqmf.app.prompt;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Understands lines that are no command, such as {@code quantize gpt2 for 8GB GPU}. */
@FunctionalInterface
public interface LineInterpreter {

  /** One that understands nothing. */
  LineInterpreter NONE = line -> Optional.empty();

  /**
   * What a line means.
   *
   * @param line as typed
   * @return none if it is not understood
   */
  Optional<Meaning> interpret(String line) throws IOException;

  /**
   * What a line means.
   *
   * @param explanation shown before anything is done; may be empty
   * @param command the command and its arguments
   * @param confirm whether to ask before running it
   */
  record Meaning(List<String> explanation, List<String> command, boolean confirm) {
    public Meaning {
      explanation = List.copyOf(explanation);
      command = List.copyOf(command);
    }

    /** A command that may be run without asking. */
    public static Meaning of(String... command) {
      return new Meaning(List.of(), List.of(command), false);
    }
  }
}
