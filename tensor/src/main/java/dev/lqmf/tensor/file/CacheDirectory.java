package dev.lqmf.tensor.file;

import java.nio.file.Path;
import java.util.Locale;

/** Where this program keeps what it can make again, such as unpacked libraries. */
public final class CacheDirectory {
  private CacheDirectory() {}

  /**
   * {@code lqmf} in the user's cache as the system has it: {@code $XDG_CACHE_HOME} or {@code
   * ~/.cache}, {@code ~/Library/Caches} on macOS, {@code %LOCALAPPDATA%} on Windows. May not exist.
   */
  public static Path path() {
    String home = System.getProperty("user.home");
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    boolean windows = os.contains("windows");
    String given = System.getenv(windows ? "LOCALAPPDATA" : "XDG_CACHE_HOME");
    Path base;
    if (given != null && !given.isBlank()) {
      base = Path.of(given);
    } else if (windows) {
      base = Path.of(home, "AppData", "Local");
    } else if (os.contains("mac")) {
      base = Path.of(home, "Library", "Caches");
    } else {
      base = Path.of(home, ".cache");
    }
    return base.resolve("lqmf");
  }
}
