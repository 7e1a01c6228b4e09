package dev.lqmf.hub;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Optional;

/**
 * {@code flock(2)} of Linux and macOS. Java's own file locks are {@code fcntl(2)} locks there,
 * which do not see the {@code flock} that Python's filelock takes, and the other way round.
 *
 * @param open opens a file: {@code int open(const char *path, int flags, ...)}
 * @param flock locks it: {@code int flock(int fd, int operation)}
 * @param close closes it, which gives up the lock: {@code int close(int fd)}
 */
record Flock(MethodHandle open, MethodHandle flock, MethodHandle close) {
  private static final int READ_WRITE = 2; // O_RDWR
  private static final int EXCLUSIVE_AT_ONCE = 2 | 4; // LOCK_EX | LOCK_NB
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  /** What became of an attempt to lock. */
  sealed interface Outcome {}

  /** Locked until the descriptor is closed. */
  record Held(int descriptor) implements Outcome {}

  /** Somebody else has it. */
  record Busy() implements Outcome {}

  /** The file system has no such locks. */
  record Unsupported() implements Outcome {}

  /** The functions, if this system has them and native access is allowed. */
  static Optional<Flock> find() {
    if (System.getProperty("os.name", "").startsWith("Windows")) {
      return Optional.empty();
    }
    try {
      Linker linker = Linker.nativeLinker();
      var symbols = linker.defaultLookup();
      Linker.Option errno = Linker.Option.captureCallState("errno");
      return Optional.of(
          new Flock(
              linker.downcallHandle(
                  symbols.findOrThrow("open"),
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                  Linker.Option.firstVariadicArg(2),
                  errno),
              linker.downcallHandle(
                  symbols.findOrThrow("flock"),
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
                  errno),
              linker.downcallHandle(
                  symbols.findOrThrow("close"),
                  FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))));
    } catch (IllegalCallerException | NoSuchElementException unavailable) {
      return Optional.empty();
    }
  }

  /** Tries to lock an existing file, without waiting. */
  Outcome tryLock(Path file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment path = arena.allocateFrom(file.toString());
      int descriptor = (int) open.invokeExact(state, path, READ_WRITE);
      if (descriptor < 0) {
        throw new IOException("cannot open the lock " + file + ": errno " + errno(state));
      }
      if ((int) flock.invokeExact(state, descriptor, EXCLUSIVE_AT_ONCE) == 0) {
        return new Held(descriptor);
      }
      int errno = errno(state);
      release(descriptor);
      return isBusy(errno) ? new Busy() : new Unsupported();
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Gives up the lock. */
  void release(int descriptor) {
    try {
      int ignored = (int) close.invokeExact(descriptor);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** EWOULDBLOCK, EINTR and EACCES: somebody else has the lock, or ask again. */
  private static boolean isBusy(int errno) {
    boolean mac = System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("mac");
    return errno == (mac ? 35 : 11) || errno == 4 || errno == 13;
  }

  private static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }
}
