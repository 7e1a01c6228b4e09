package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * One run of the program within the test's JVM.
 *
 * @param status exit status
 * @param out standard output
 * @param err standard error
 */
record Program(int status, String out, String err) {
  /** A model that is part of the repository. */
  static final Path EXAMPLE = Path.of("..", "examples", "models", "docs-llama-4m");

  /** Runs it where the tests run, but for what it remembers. */
  static Program run(String... args) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("EXPERIMENTS_DIR", "target/experiments");
    environment.put("LOGS_DIR", "target/logs");
    return run(place(environment, Path.of(""), "", SecretPrompt.NOBODY), args);
  }

  /**
   * A place to run in.
   *
   * @param directory relative paths begin here; also the user's home
   * @param input standard input
   */
  static Workplace place(
      Map<String, String> environment, Path directory, String input, SecretPrompt prompt) {
    return new Workplace(
        environment,
        directory,
        directory,
        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
        prompt);
  }

  static Program run(Workplace place, String... args) {
    return run(false, place, args);
  }

  /** Runs it as on a terminal of 80 columns without colours. */
  static Program runOnTerminal(Workplace place, String... args) {
    return run(true, place, args);
  }

  private static Program run(boolean terminal, Workplace place, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Main.run(
            new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                terminal,
                terminal,
                false,
                false,
                80),
            place,
            args);
    return new Program(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
