package dev.lqmf.hub;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Is told how a download goes, from the downloading threads but never by two at once. Must be quick
 * and must not throw.
 */
@FunctionalInterface
public interface DownloadListener {
  /** Hears everything and does nothing. */
  DownloadListener NONE = progress -> {};

  /** Bytes have arrived, or a file was begun again and its bytes do not count any more. */
  void progressed(DownloadProgress progress);

  /**
   * The sizes are known, and nothing has been fetched but the index of the weights. An exception
   * that is thrown here, other than elsewhere, ends the download.
   *
   * @param bytes to be fetched
   * @param weightBytes of them, those of weights
   * @param directory on whose disk they will be
   */
  default void beginning(long bytes, long weightBytes, Path directory) {}

  /**
   * Something failed and will be tried again.
   *
   * @param reason what failed, as a sentence without a full stop
   * @param wait how long until then
   */
  default void retrying(String reason, Duration wait) {}

  /** Another process is downloading the file; this one waits for it. */
  default void waiting(String file) {}

  /**
   * The Hub could not be asked, so the cached snapshot is used.
   *
   * @param reason why, as a sentence without a full stop
   */
  default void usingCache(Path snapshot, String reason) {}
}
