package dev.lqmf.tensor.file;

import dev.lqmf.tensor.InputException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Objects;

/**
 * A file open for positional reads by several threads.
 *
 * <p>A {@link FileChannel} closes when a thread is interrupted while it reads, and with it the
 * reads of all other threads fail. Here only the interrupted thread fails, with an {@link
 * InterruptedIOException} and its interrupt status kept; the others open the file again and go on.
 */
public final class ReadableFile implements Closeable {
  private static final byte[] LFS_POINTER =
      "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

  private static final int MAX_LFS_POINTER = 1024;

  private final Path path;
  private final long size;
  private final Object lock = new Object();
  private volatile FileChannel channel;
  private volatile boolean closed;

  private ReadableFile(Path path, FileChannel channel, long size) {
    this.path = path;
    this.channel = channel;
    this.size = size;
  }

  /**
   * Opens a regular file.
   *
   * @throws InputException if there is no such file or it may not be read
   */
  public static ReadableFile open(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      throw new InputException(path + " is a directory", "name a file in it");
    }
    FileChannel channel;
    try {
      channel = FileChannel.open(path, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new InputException(path + " does not exist", "check the path", e);
    } catch (AccessDeniedException e) {
      throw new InputException(
          path + " cannot be read: permission denied", "grant read access to it", e);
    } catch (IOException e) {
      throw new IOException("cannot open " + path + ": " + Reasons.of(e), e);
    }
    var file = new ReadableFile(path, channel, sizeOf(path, channel));
    try {
      file.refusePointer();
      return file;
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static long sizeOf(Path path, FileChannel channel) throws IOException {
    try {
      return channel.size();
    } catch (IOException e) {
      channel.close();
      throw new IOException("cannot open " + path + ": " + Reasons.of(e), e);
    }
  }

  /** What a clone without git-lfs holds in the place of every large file. */
  private void refusePointer() throws IOException {
    if (size >= LFS_POINTER.length && size < MAX_LFS_POINTER) {
      byte[] begin = new byte[LFS_POINTER.length];
      read(0, MemorySegment.ofArray(begin));
      if (Arrays.equals(begin, LFS_POINTER)) {
        throw new InputException(
            path + " is a Git LFS pointer, not the file itself",
            "fetch the file with git lfs pull, or let this program download the model");
      }
    }
  }

  public Path path() {
    return path;
  }

  /** Bytes in the file when it was opened. */
  public long size() {
    return size;
  }

  /**
   * Fills the target with the bytes from a position on. A native target receives them without a
   * copy in between; a target of any size or array type will do.
   *
   * @throws EOFException if the file ends before
   */
  public void read(long position, MemorySegment target) throws IOException {
    Transfers.read(target, position, this::fill);
  }

  /** A part of the file as a stream, read in small pieces; closing it leaves the file open. */
  public InputStream stream(long position, long length) {
    return new InputStream() {
      private long done;

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
      }

      @Override
      public int read(byte[] target, int offset, int count) throws IOException {
        Objects.checkFromIndexSize(offset, count, target.length);
        if (count == 0) {
          return 0;
        }
        int n = (int) Math.min(count, length - done);
        if (n == 0) {
          return -1;
        }
        ReadableFile.this.read(position + done, MemorySegment.ofArray(target).asSlice(offset, n));
        done += n;
        return n;
      }
    };
  }

  private void fill(ByteBuffer buffer, long position) throws IOException {
    int start = buffer.position();
    while (buffer.hasRemaining()) {
      FileChannel current = channel;
      int n;
      try {
        n = current.read(buffer, position + buffer.position() - start);
      } catch (ClosedByInterruptException e) {
        throw interrupted(e);
      } catch (ClosedChannelException e) {
        reopen(current);
        continue;
      } catch (IOException e) {
        throw new IOException("cannot read " + path + ": " + Reasons.of(e), e);
      }
      if (n < 0) {
        throw new EOFException(
            path
                + " ends at byte "
                + (position + buffer.position() - start)
                + ", but was "
                + size
                + " bytes long when it was opened");
      }
    }
  }

  private InterruptedIOException interrupted(Exception cause) {
    var e = new InterruptedIOException("interrupted while reading " + path);
    e.initCause(cause);
    return e;
  }

  private void reopen(FileChannel broken) throws IOException {
    synchronized (lock) {
      if (closed) {
        throw new IOException(path + " is closed");
      }
      if (channel != broken) {
        return;
      }
      FileChannel again;
      try {
        again = FileChannel.open(path, StandardOpenOption.READ);
      } catch (IOException e) {
        throw new IOException("cannot open " + path + " again: " + Reasons.of(e), e);
      }
      if (again.size() != size) {
        again.close();
        throw new IOException(path + " has changed since it was opened");
      }
      channel = again;
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (lock) {
      closed = true;
      channel.close();
    }
  }
}
