package dev.lqmf.factory.execute;

import dev.lqmf.hub.HubException;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.Locale;

/**
 * How often a run is tried again.
 *
 * @param count at most; 0: never
 * @param first pause before the first of them; each further one is twice as long
 */
public record Retries(int count, Duration first) {

  /** With pauses of 1, 2, 4 … seconds. */
  public static Retries of(int count) {
    return new Retries(count, Duration.ofSeconds(1));
  }

  Duration pause(int failed) {
    return first.multipliedBy(1L << Math.min(failed - 1, 10));
  }

  /**
   * Whether a failure may be gone at the next try: not what the hub's client has tried already, not
   * a file that is missing, forbidden or cut short, and not a disk that is full.
   */
  static boolean mayPass(IOException failure) {
    for (Throwable e = failure; e != null; e = e.getCause()) {
      boolean lasting =
          e instanceof HubException
              || e instanceof EOFException
              || e instanceof FileNotFoundException
              || e instanceof CharacterCodingException
              || (e instanceof FileSystemException f && f.getReason() == null);
      if (lasting || isFull(String.valueOf(e.getMessage()))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isFull(String message) {
    String text = message.toLowerCase(Locale.ROOT);
    return text.contains("no space left")
        || text.contains("not enough space")
        || text.contains("quota")
        || text.contains("read-only")
        || text.contains("permission denied")
        || text.contains("too large");
  }
}
