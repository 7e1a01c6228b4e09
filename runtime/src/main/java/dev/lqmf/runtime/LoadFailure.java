package dev.lqmf.runtime;

import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Finds out why llama.cpp refused a file.
 *
 * <p>The library gives its reason only to its log, and while loading that goes to standard error of
 * the process, past any callback. So a child process loads the file once more and its standard
 * error is read.
 */
final class LoadFailure {
  private static final String MARK = "error loading model: ";

  private LoadFailure() {}

  /** The library's reason, or a general sentence if it gave none. */
  static String reason(Path model) {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    ProcessBuilder builder =
        new ProcessBuilder(
                java.toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                LoadFailure.class.getName(),
                model.toString())
            .redirectErrorStream(true);
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      List<String> log;
      try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
        log = reader.lines().toList();
      }
      process.waitFor(10, TimeUnit.SECONDS);
      return reason(log.stream());
    } catch (IOException e) {
      return reason(Stream.empty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return reason(Stream.empty());
    }
  }

  /** Picks the reason out of llama.cpp's log. */
  static String reason(Stream<String> log) {
    return log.filter(line -> line.contains(MARK))
        .map(line -> line.substring(line.lastIndexOf(MARK) + MARK.length()).strip())
        .findFirst()
        .orElse("it gives no reason");
  }

  /** The child process: tries to load the file, which writes the reason to standard error. */
  public static void main(String[] args) throws IOException {
    NativeLibrary.load();
    try (LlamaModel _ = new LlamaModel(new ModelParameters().setModel(args[0]).skipWarmup())) {
      System.exit(0);
    }
  }
}
