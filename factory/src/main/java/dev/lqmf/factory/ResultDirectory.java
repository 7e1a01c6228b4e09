package dev.lqmf.factory;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * A result directory being made. Everything is written into a hidden sibling, which gets the
 * result's name in one atomic step; so a directory of that name is always complete.
 *
 * <pre>
 *   .NAME.lock     locked while somebody makes NAME; removed afterwards
 *   .NAME.partial  being written; debris if nobody holds the lock
 *   .NAME.old      the result that is being replaced, between two renames
 *   NAME           complete
 * </pre>
 */
final class ResultDirectory implements AutoCloseable {
  static final String RECIPE = "recipe.json";
  static final String SUMMARY = "summary.json";

  /** A position that nobody reads: on some systems nobody else could. */
  private static final long LOCKED = 1L << 40;

  private final Path target;
  private final Path partial;
  private final Path old;
  private final Path lockFile;
  private final FileChannel lock;

  private ResultDirectory(Path target, FileChannel lock, Path lockFile) {
    this.target = target;
    this.partial = sibling(target, "partial");
    this.old = sibling(target, "old");
    this.lockFile = lockFile;
    this.lock = lock;
  }

  private static Path sibling(Path target, String suffix) {
    return target.resolveSibling("." + target.getFileName() + "." + suffix);
  }

  /**
   * Takes the name for this process and clears what a killed one left behind.
   *
   * @throws InputException if another process is making the same result
   */
  static ResultDirectory open(Path target) throws IOException {
    Path parent = Objects.requireNonNull(target.toAbsolutePath().getParent());
    try {
      Files.createDirectories(parent);
    } catch (IOException e) {
      throw new IOException("cannot make directory " + parent + ": " + e.getMessage(), e);
    }
    Path lockFile = sibling(target, "lock");
    ResultDirectory directory = new ResultDirectory(target, acquire(target, lockFile), lockFile);
    try {
      directory.recover();
    } catch (IOException | RuntimeException e) {
      directory.close();
      throw e;
    }
    return directory;
  }

  private static FileChannel acquire(Path target, Path lockFile) throws IOException {
    while (true) {
      FileChannel channel =
          FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      boolean mine = false;
      try {
        @Nullable FileLock held = channel.tryLock(LOCKED, 1, false);
        if (held == null) {
          throw busy(target);
        }
        // The previous holder may have removed the file between our opening and our locking it.
        mine = isSameFile(channel, lockFile);
        if (mine) {
          return channel;
        }
      } catch (OverlappingFileLockException e) {
        throw busy(target);
      } finally {
        if (!mine) {
          channel.close();
        }
      }
    }
  }

  private static InputException busy(Path target) {
    return new InputException(
        "another run is making " + target, "wait until it has ended, or end it");
  }

  /** Whether an open file still has that name: what is written to it can be read there. */
  private static boolean isSameFile(FileChannel channel, Path file) throws IOException {
    byte[] mark =
        (ProcessHandle.current().pid() + " " + System.nanoTime() + "\n")
            .getBytes(StandardCharsets.US_ASCII);
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(mark), 0);
    try {
      return Arrays.equals(Files.readAllBytes(file), mark);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private void recover() throws IOException {
    deleteTree(partial);
    if (Files.exists(old)) {
      if (Files.exists(target)) {
        deleteTree(old);
      } else {
        Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }

  /** The directory to write into. */
  Path partial() {
    return partial;
  }

  void create() throws IOException {
    Files.createDirectory(partial);
  }

  /** Gives the finished directory its name; an older result of that name is removed. */
  void publish() throws IOException {
    force(partial);
    if (Files.exists(target)) {
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    force(Objects.requireNonNull(target.toAbsolutePath().getParent()));
    deleteTree(old);
  }

  /** Removes what has not been published, and lets others have the name. */
  @Override
  public void close() throws IOException {
    try (lock) {
      deleteTree(partial);
      Files.deleteIfExists(lockFile);
    }
  }

  /**
   * Checks that a result may take this name.
   *
   * @param replace whether another result may be removed for it
   * @throws InputException if there is something else of that name
   */
  static void checkReplaceable(Path target, boolean replace) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (!Files.isDirectory(target) || !Files.exists(target.resolve(RECIPE))) {
      throw new InputException(
          target + " is in the way: it is not a result of LQMF",
          "move it, or choose another output directory");
    }
    if (!replace) {
      throw new InputException(
          target + " holds a result of another recipe",
          "add --force to replace it, or choose another output directory");
    }
  }

  /** Writes a small file durably. */
  static void write(Path file, String text) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    } catch (IOException e) {
      throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * The summary of a result that is there, made by that recipe, and whose files have their size.
   */
  static Optional<Summary> find(Path directory, String recipeHash) throws IOException {
    Path file = directory.resolve(SUMMARY);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    Summary summary;
    try {
      summary = Json.read(Files.readString(file), Summary.class);
    } catch (JacksonException e) {
      return Optional.empty();
    }
    if (!summary.recipeHash().equals(recipeHash)) {
      return Optional.empty();
    }
    for (OutputPlan.PlannedFile part : summary.files()) {
      Path path = directory.resolve(part.name());
      if (!Files.isRegularFile(path) || Files.size(path) != part.bytes()) {
        return Optional.empty();
      }
    }
    return Optional.of(summary);
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> tree = Files.walk(root)) {
      paths = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }

  /** A name is durable once its directory is. Windows has no such call and needs none. */
  private static void force(Path directory) throws IOException {
    if (System.getProperty("os.name", "").startsWith("Windows")) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
