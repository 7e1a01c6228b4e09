package dev.lqmf.factory;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;

/**
 * A result directory being made. Everything is written into a hidden sibling, which gets the
 * result's name in one atomic step; so a directory of that name is always complete.
 *
 * <pre>
 *   .NAME.lock     locked while somebody makes NAME; removed afterwards
 *   .NAME.partial  being written; debris if nobody holds the lock
 *   .NAME.old      the result that is being replaced, between two renames
 *   .NAME.kept     what an unfinished run leaves for the next one, if its method can use that
 *   NAME           complete
 * </pre>
 */
final class ResultDirectory implements AutoCloseable {
  static final String RECIPE = "recipe.json";
  static final String SUMMARY = "summary.json";

  /** Names the recipe that what is kept belongs to. */
  private static final String KEPT_FOR = "recipe.sha256";

  private final Path target;
  private final Path partial;
  private final Path old;
  private final Path kept;
  private final NameLock lock;

  private ResultDirectory(Path target, NameLock lock) {
    this.target = target;
    this.partial = sibling(target, "partial");
    this.old = sibling(target, "old");
    this.kept = sibling(target, "kept");
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
    } catch (FileAlreadyExistsException e) {
      throw new InputException(
          e.getFile() + " is a file, not a directory", "choose another output directory", e);
    } catch (IOException e) {
      throw new IOException("cannot make directory " + parent + ": " + e.getMessage(), e);
    }
    NameLock lock = NameLock.acquire(target, sibling(target, "lock"));
    ResultDirectory directory = new ResultDirectory(target, lock);
    try {
      directory.recover();
    } catch (IOException | RuntimeException e) {
      directory.close();
      throw e;
    }
    return directory;
  }

  /**
   * Clears what unfinished runs left behind beside a complete result, unless somebody is at work on
   * it.
   */
  static void clearDebris(Path target) throws IOException {
    for (String suffix : List.of("lock", "partial", "old", "kept")) {
      if (Files.exists(sibling(target, suffix))) {
        try (ResultDirectory directory = open(target)) {
          deleteTree(directory.kept);
        } catch (InputException busy) {
          // No debris, then.
        }
        return;
      }
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

  /**
   * A directory that stays if this run does not finish; empty, or what runs of the same recipe put
   * there. It is removed when the result is published.
   */
  Path kept(String recipeHash) throws IOException {
    Path mark = kept.resolve(KEPT_FOR);
    if (!Files.isRegularFile(mark) || !Files.readString(mark).equals(recipeHash)) {
      deleteTree(kept);
      Files.createDirectory(kept);
      Files.writeString(mark, recipeHash);
    }
    return kept;
  }

  /** Gives the finished directory its name; an older result of that name is removed. */
  void publish() throws IOException {
    force(partial);
    if (Files.exists(target)) {
      // Two renames: a kill between them leaves the old result to be restored by the next run.
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    force(Objects.requireNonNull(target.toAbsolutePath().getParent()));
    deleteTree(old);
    deleteTree(kept);
  }

  /** Removes what has not been published, and lets others have the name. */
  @Override
  public void close() throws IOException {
    try (lock) {
      deleteTree(partial);
    }
  }

  /** What has the name of a result. */
  enum State {
    /** Nothing, or an empty directory. */
    ABSENT,
    /** This very result, complete. */
    DONE,
    /** This very result, but files were removed or changed their size. */
    DAMAGED,
    /** A result of another recipe. */
    OTHER,
    /** Something that LQMF did not make. */
    FOREIGN
  }

  /** Looks at what has the name of a result. */
  static State inspect(Path directory, String recipeHash) throws IOException {
    if (!Files.isDirectory(directory)) {
      return Files.exists(directory) ? State.FOREIGN : State.ABSENT;
    }
    try (Stream<Path> files = Files.list(directory)) {
      if (files.findAny().isEmpty()) {
        return State.ABSENT;
      }
    }
    Summary summary;
    try {
      String recipe = Files.readString(directory.resolve(RECIPE));
      if (!Recipe.hashOfJson(recipe).equals(recipeHash)) {
        return State.OTHER;
      }
      summary = Json.read(Files.readString(directory.resolve(SUMMARY)), Summary.class);
    } catch (NoSuchFileException e) {
      return Files.exists(directory.resolve(RECIPE)) ? State.DAMAGED : State.FOREIGN;
    } catch (JacksonException e) {
      return State.OTHER;
    }
    for (OutputPlan.PlannedFile file : summary.files()) {
      Path path = directory.resolve(file.name());
      if (!Files.isRegularFile(path) || Files.size(path) != file.bytes()) {
        return State.DAMAGED;
      }
    }
    return State.DONE;
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
