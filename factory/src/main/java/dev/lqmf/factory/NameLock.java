package dev.lqmf.factory;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The exclusive right to make the result of some name, against other threads and processes. The
 * operating system ends it with the process. The lock file is removed with the lock; where an open
 * file cannot be removed it stays, and does no harm.
 */
final class NameLock implements AutoCloseable {
  /** Beyond any byte of the file: on some systems nobody can read what is locked. */
  private static final long LOCKED_POSITION = 1L << 40;

  /**
   * Names held by this process. The operating system knows only processes, and closing a second
   * channel to a lock file would end the lock.
   */
  private static final Set<Path> HELD = new HashSet<>();

  private final Path name;
  private final Path file;
  private final FileChannel channel;

  private NameLock(Path name, Path file, FileChannel channel) {
    this.name = name;
    this.file = file;
    this.channel = channel;
  }

  /**
   * Takes a name.
   *
   * @param file the lock file, which need not exist; its directory must
   * @throws InputException if somebody has it
   */
  static NameLock acquire(Path target, Path file) throws IOException {
    Path name = file.toAbsolutePath().normalize();
    synchronized (HELD) {
      if (!HELD.add(name)) {
        throw busy(target);
      }
    }
    try {
      return new NameLock(name, file, lock(target, file));
    } catch (IOException | RuntimeException e) {
      release(name);
      throw e;
    }
  }

  private static FileChannel lock(Path target, Path file) throws IOException {
    while (true) {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        @Nullable FileLock held = channel.tryLock(LOCKED_POSITION, 1, false);
        if (held == null) {
          throw busy(target);
        }
        if (hasName(channel, file)) {
          return channel;
        }
        channel.close();
      } catch (RuntimeException e) {
        channel.close();
        throw e;
      } catch (IOException e) {
        channel.close();
        throw new IOException("cannot lock " + file + ": " + e.getMessage(), e);
      }
    }
  }

  /**
   * Whether the open file still has its name, or the previous holder removed it between our opening
   * and our locking it. To look into the file of that name would end the lock, so a random length
   * tells it from others; a short one, since not every file system stores holes as such.
   */
  private static boolean hasName(FileChannel channel, Path file) throws IOException {
    long length = ThreadLocalRandom.current().nextLong(1, 1L << 16);
    channel.truncate(0);
    channel.write(ByteBuffer.allocate(1), length - 1);
    try {
      return Files.size(file) == length;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static InputException busy(Path target) {
    return new InputException(
        "another run is making " + target, "wait until it has ended, or end it");
  }

  private static void release(Path name) {
    synchronized (HELD) {
      HELD.remove(name);
    }
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      Files.deleteIfExists(file);
    } catch (AccessDeniedException e) {
      // An open file cannot be removed on this system.
    } finally {
      release(name);
    }
  }
}
