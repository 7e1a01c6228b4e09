package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import java.io.OutputStream;
import java.io.PrintStream;

/**
 * Runs the light commands once, silently, so that the JVM can record which classes they use. The
 * launcher makes the cache for quick starts from that.
 */
final class Rehearsal {
  private Rehearsal() {}

  public static void main(String[] args) {
    Terminal silent;
    try (PrintStream nothing = new PrintStream(OutputStream.nullOutputStream())) {
      silent = Terminal.plain(nothing, nothing);
      Main.run(silent, "--version");
      Main.run(silent, "types");
      Main.run(silent, "help", "quantize");
    }
  }
}
