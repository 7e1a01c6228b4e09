package dev.lqmf.runtime.worker;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How to start another process of this program: the same Java, class path and native access. */
public final class JavaCommand {
  private JavaCommand() {}

  /**
   * A command for {@link ProcessBuilder}.
   *
   * @param main the class whose {@code main} runs
   * @param arguments of it
   */
  public static List<String> of(Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-Xlog:disable",
            "--add-modules",
            "jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }
}
