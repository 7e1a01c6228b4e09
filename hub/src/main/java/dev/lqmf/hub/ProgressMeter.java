package dev.lqmf.hub;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Adds up what the files' downloads report, and passes it on one call at a time. */
final class ProgressMeter implements DownloadListener {
  private final DownloadListener listener;
  private final Map<String, Long> fileDone = new HashMap<>();
  private final Map<String, Long> fileTotal = new HashMap<>();
  private long done;
  private long total;

  ProgressMeter(DownloadListener listener) {
    this.listener = listener;
  }

  /** A file of this size will be downloaded. */
  synchronized void expect(String file, long size) {
    fileTotal.put(file, size);
    total += size;
  }

  /** The file has come from elsewhere. */
  synchronized void withdraw(String file) {
    Long size = fileTotal.remove(file);
    total -= size == null ? 0 : size;
  }

  /** So many bytes of the file are on disk now. */
  synchronized void reached(String file, long position) {
    Long before = fileDone.put(file, position);
    done += position - (before == null ? 0 : before);
    progressed(
        new DownloadProgress(file, position, fileTotal.getOrDefault(file, position), done, total));
  }

  @Override
  public synchronized void progressed(DownloadProgress progress) {
    listener.progressed(progress);
  }

  @Override
  public synchronized void beginning(long bytes, long weightBytes, Path directory) {
    listener.beginning(bytes, weightBytes, directory);
  }

  @Override
  public synchronized void retrying(String reason, Duration wait) {
    listener.retrying(reason, wait);
  }

  @Override
  public synchronized void waiting(String file) {
    listener.waiting(file);
  }

  @Override
  public synchronized void usingCache(Path snapshot, String reason) {
    listener.usingCache(snapshot, reason);
  }
}
