package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

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

  static Program run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int status =
        Main.run(
            Terminal.plain(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8)),
            args);
    return new Program(
        status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
