package dev.lqmf.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Optional;

/**
 * A lock on a file of the cache that Python's filelock, and so huggingface_hub, sees and respects:
 * {@code flock} on Unix, the first byte on Windows. The file stays, as filelock leaves it.
 *
 * <p>The lock saves a second download of the same file and no more: on a file system without locks
 * it is taken for granted. What enters the cache is checked by its hash.
 */
final class CacheLock implements AutoCloseable {
  private static final Optional<Flock> FLOCK = Flock.find();
  private static final long POLL_MILLIS = 50;

  /** Gives the lock up. */
  @FunctionalInterface
  private interface Release {
    void run() throws IOException;
  }

  private final Release release;

  private CacheLock(Release release) {
    this.release = release;
  }

  /**
   * Waits for the lock.
   *
   * @param file its directory exists; the file is made if need be
   * @param onWait is run once if the lock is not free
   */
  static CacheLock acquire(Path file, Runnable onWait) throws IOException, InterruptedException {
    create(file);
    Optional<CacheLock> lock = tryAcquire(file);
    if (lock.isEmpty()) {
      onWait.run();
    }
    while (lock.isEmpty()) {
      // Neither kind of lock can be waited for and interrupted, so filelock polls too.
      Thread.sleep(POLL_MILLIS);
      lock = tryAcquire(file);
    }
    return lock.get();
  }

  /** Takes the lock of an existing file if it is free. */
  static Optional<CacheLock> tryAcquire(Path file) throws IOException {
    if (FLOCK.isEmpty()) {
      return tryFirstByte(file);
    }
    Flock flock = FLOCK.get();
    return switch (flock.tryLock(file)) {
      case Flock.Held held -> Optional.of(new CacheLock(() -> flock.release(held.descriptor())));
      case Flock.Busy busy -> Optional.empty();
      case Flock.Unsupported unsupported -> Optional.of(new CacheLock(() -> {}));
    };
  }

  @SuppressWarnings("resource") // closing the channel is what gives the lock up
  private static Optional<CacheLock> tryFirstByte(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock(0, 1, false);
      if (lock != null) {
        return Optional.of(new CacheLock(channel::close));
      }
    } catch (OverlappingFileLockException heldInThisProcess) {
      // The same as held by another one.
    }
    channel.close();
    return Optional.empty();
  }

  /** Makes the file, writable for the group: several users may share a cache. */
  private static void create(Path file) throws IOException {
    try {
      Files.createFile(file);
      if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        var permissions = EnumSet.copyOf(Files.getPosixFilePermissions(file));
        permissions.add(PosixFilePermission.GROUP_WRITE);
        Files.setPosixFilePermissions(file, permissions);
      }
    } catch (FileAlreadyExistsException shared) {
      // Somebody has used it before.
    }
  }

  @Override
  public void close() throws IOException {
    release.run();
  }
}
