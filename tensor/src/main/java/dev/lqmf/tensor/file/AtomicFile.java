package dev.lqmf.tensor.file;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file of known length that has its name only when it is complete.
 *
 * <p>It is written under a temporary name in the same directory, {@code .NAME.PID-N.part}, by
 * several threads at any positions; what nobody writes is zero. {@link #commit()} makes it durable
 * and renames it. While it is being written it is locked: a temporary file without a lock belongs
 * to a run that was killed, and {@link #removeDebris} deletes it.
 *
 * <p>What has been written goes to the disk while the rest is still being computed, so that little
 * is left to wait for in the end.
 *
 * <p>As with {@link ReadableFile}, an interrupt fails only the interrupted thread's write.
 */
public final class AtomicFile implements Closeable {
  private static final AtomicLong COUNTER = new AtomicLong();

  /** So much may wait for the disk before it is sent there. */
  private static final long SENT_TOGETHER = 64L << 20;

  private final Path target;
  private final Path temporary;
  private final long size;
  private final Object lock = new Object();
  private volatile FileChannel channel;
  private volatile boolean closed;

  private final AtomicLong unsent = new AtomicLong();
  private final AtomicReference<@Nullable Thread> sender = new AtomicReference<>();

  /** What the disk refused in the meantime; the system says it once, and not again at the end. */
  private volatile @Nullable IOException refused;

  private AtomicFile(Path target, Path temporary, long size, FileChannel channel) {
    this.target = target;
    this.temporary = temporary;
    this.size = size;
    this.channel = channel;
  }

  /**
   * Creates the temporary file at its full length.
   *
   * @param target the final name; an existing file stays as it is until {@link #commit()}
   * @param size the length in bytes
   * @throws IOException if the directory does not exist or cannot hold that many bytes
   */
  public static AtomicFile create(Path target, long size) throws IOException {
    Path directory = directoryOf(target);
    // Renaming would find out only at the end.
    if (Files.isDirectory(target)) {
      throw new IOException("cannot write " + target + ": it is a directory");
    }
    if (!Files.isDirectory(directory)) {
      throw new IOException("cannot write " + target + ": there is no directory " + directory);
    }
    try {
      long usable = Files.getFileStore(directory).getUsableSpace();
      // Some file systems do not know, and say 0.
      if (usable > 0 && usable < size) {
        throw new IOException(
            String.format(
                Locale.ROOT,
                "it needs %,d bytes, but only %,d are free in %s",
                size,
                usable,
                directory));
      }
      while (true) {
        Path temporary = directory.resolve(temporaryName(target));
        FileChannel channel;
        try {
          channel =
              FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (FileAlreadyExistsException e) {
          continue;
        }
        try {
          // Another process may take the new file for debris before it is locked.
          if (lockNew(channel) && Files.exists(temporary)) {
            if (size > 0) {
              channel.write(ByteBuffer.allocate(1), size - 1);
            }
            return new AtomicFile(target, temporary, size, channel);
          }
          channel.close();
        } catch (IOException | RuntimeException e) {
          channel.close();
          Files.deleteIfExists(temporary);
          throw e;
        }
      }
    } catch (IOException e) {
      throw new IOException("cannot write " + target + ": " + Reasons.of(e), e);
    }
  }

  public Path target() {
    return target;
  }

  /**
   * Writes bytes at a position.
   *
   * @throws IndexOutOfBoundsException if they do not lie within the file
   */
  public void write(long position, MemorySegment bytes) throws IOException {
    if (position < 0 || bytes.byteSize() > size - position) {
      throw new IndexOutOfBoundsException(
          bytes.byteSize() + " bytes at " + position + " do not lie within " + size);
    }
    Transfers.write(bytes, position, this::drain);
    if (unsent.addAndGet(bytes.byteSize()) >= SENT_TOGETHER) {
      sendAhead();
    }
  }

  /** Starts to make durable what has been written, unless that is going on already. */
  private void sendAhead() {
    Thread thread = Thread.ofPlatform().daemon().name("lqmf-write-behind").unstarted(this::send);
    if (sender.compareAndSet(null, thread)) {
      unsent.set(0);
      thread.start();
    }
  }

  private void send() {
    try {
      channel.force(false);
    } catch (ClosedChannelException e) {
      // An interrupted write closed it, or the file is given up; commit() sends everything.
    } catch (IOException e) {
      refused = e;
    } finally {
      sender.set(null);
    }
  }

  /**
   * Gives up the end of the file.
   *
   * @param shorter the new length, at most the present one
   */
  public void truncate(long shorter) throws IOException {
    synchronized (lock) {
      if (closed) {
        throw new IOException(target + " is closed");
      }
      if (!channel.isOpen()) {
        reopen(channel);
      }
      try {
        channel.truncate(shorter);
      } catch (IOException e) {
        throw new IOException("cannot write " + target + ": " + Reasons.of(e), e);
      }
    }
  }

  private void drain(ByteBuffer buffer, long position) throws IOException {
    int start = buffer.position();
    while (buffer.hasRemaining()) {
      FileChannel current = channel;
      try {
        current.write(buffer, position + buffer.position() - start);
      } catch (ClosedByInterruptException e) {
        var interrupted = new InterruptedIOException("interrupted while writing " + target);
        interrupted.initCause(e);
        throw interrupted;
      } catch (ClosedChannelException e) {
        reopen(current);
      } catch (IOException e) {
        throw new IOException("cannot write " + target + ": " + Reasons.of(e), e);
      }
    }
  }

  private void reopen(FileChannel broken) throws IOException {
    synchronized (lock) {
      if (closed) {
        throw new IOException(target + " is closed");
      }
      if (channel == broken) {
        FileChannel again;
        try {
          again = FileChannel.open(temporary, StandardOpenOption.WRITE);
        } catch (IOException e) {
          throw new IOException("cannot open " + temporary + " again: " + Reasons.of(e), e);
        }
        lockNew(again);
        channel = again;
      }
    }
  }

  /** Makes the file durable and gives it its name. Nothing can be written afterwards. */
  public void commit() throws IOException {
    synchronized (lock) {
      if (closed) {
        throw new IOException(target + " is closed");
      }
      awaitSender();
      try {
        if (!channel.isOpen()) {
          reopen(channel);
        }
        channel.force(true);
        IOException earlier = refused;
        if (earlier != null) {
          throw earlier;
        }
        // Still locked, so that nobody takes the complete file for debris.
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        closed = true;
        channel.close();
        forceDirectory(directoryOf(target));
      } catch (ClosedByInterruptException e) {
        var interrupted = new InterruptedIOException("interrupted while writing " + target);
        interrupted.initCause(e);
        throw interrupted;
      } catch (IOException e) {
        throw new IOException("cannot complete " + target + ": " + Reasons.of(e), e);
      }
    }
  }

  private void awaitSender() throws InterruptedIOException {
    Thread thread = sender.get();
    if (thread != null) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while writing " + target);
      }
    }
  }

  /** Deletes the temporary file unless it has been committed. */
  @Override
  public void close() throws IOException {
    synchronized (lock) {
      if (!closed) {
        closed = true;
        channel.close();
        Files.deleteIfExists(temporary);
      }
    }
  }

  /**
   * Deletes what killed runs left behind while writing this file.
   *
   * @return the number of files deleted
   */
  public static int removeDebris(Path target) throws IOException {
    Path directory = directoryOf(target);
    if (!Files.isDirectory(directory)) {
      return 0;
    }
    Pattern name =
        Pattern.compile(
            Pattern.quote("." + target.getFileName() + ".") + "[0-9]+-[0-9a-f]+\\.part");
    int removed = 0;
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            directory, f -> name.matcher(String.valueOf(f.getFileName())).matches())) {
      for (Path file : files) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          if (isAbandoned(channel) && Files.deleteIfExists(file)) {
            removed++;
          }
        } catch (NoSuchFileException e) {
          // Its run has just completed or removed it.
        }
      }
    }
    return removed;
  }

  private static boolean isAbandoned(FileChannel channel) {
    try {
      return lock(channel);
    } catch (IOException e) {
      return false;
    }
  }

  /** Where a file system has no locks, nothing is ever taken for debris. */
  private static boolean lockNew(FileChannel channel) {
    try {
      return lock(channel);
    } catch (IOException e) {
      return true;
    }
  }

  /**
   * Whether nobody else holds the file.
   *
   * @throws IOException if the file system has no locks
   */
  private static boolean lock(FileChannel channel) throws IOException {
    try {
      FileLock held = channel.tryLock();
      return held != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static Path directoryOf(Path target) {
    Path directory = target.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IllegalArgumentException(target + " is no file name");
    }
    return directory;
  }

  private static String temporaryName(Path target) {
    return "."
        + target.getFileName()
        + "."
        + ProcessHandle.current().pid()
        + "-"
        + Long.toHexString(COUNTER.incrementAndGet())
        + ".part";
  }

  /** A rename is durable once its directory is. Windows has no such call and needs none. */
  private static void forceDirectory(Path directory) throws IOException {
    if (System.getProperty("os.name", "").startsWith("Windows")) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
