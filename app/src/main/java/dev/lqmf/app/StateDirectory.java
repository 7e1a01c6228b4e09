package dev.lqmf.app;

import java.nio.file.Path;
import java.util.Map;

/** Where the program keeps what it remembers of a user, such as the history of the prompt. */
final class StateDirectory {
  private StateDirectory() {}

  static Path ofUser() {
    return of(
        System.getenv(), System.getProperty("os.name"), Path.of(System.getProperty("user.home")));
  }

  /**
   * {@code LOCALAPPDATA} on Windows, {@code XDG_STATE_HOME} elsewhere, or where these point to by
   * default.
   */
  static Path of(Map<String, String> environment, String system, Path home) {
    boolean windows = system.startsWith("Windows");
    String named = environment.getOrDefault(windows ? "LOCALAPPDATA" : "XDG_STATE_HOME", "");
    Path usual = home.resolve(windows ? "AppData/Local" : ".local/state");
    // The specification says that a relative path is to be ignored.
    Path base = !named.isEmpty() && Path.of(named).isAbsolute() ? Path.of(named) : usual;
    return base.resolve("lqmf");
  }
}
