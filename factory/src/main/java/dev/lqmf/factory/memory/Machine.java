package dev.lqmf.factory.memory;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What may explain how long a run took.
 *
 * @param os name and version
 * @param cpu the processor's name, or its architecture where the system does not tell
 * @param cores those that the program may use
 * @param java version of the JVM
 */
public record Machine(String os, String cpu, int cores, String java) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  /** This machine. */
  public static Machine here() {
    return new Machine(
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        cpuName(),
        Runtime.getRuntime().availableProcessors(),
        Runtime.version().toString());
  }

  private static String cpuName() {
    String fallback = System.getProperty("os.arch");
    if (!Files.isReadable(CPU_INFO)) {
      return fallback;
    }
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(fallback);
    } catch (IOException | UncheckedIOException unreadable) {
      return fallback;
    }
  }
}
