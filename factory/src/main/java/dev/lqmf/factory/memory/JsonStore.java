package dev.lqmf.factory.memory;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.UnaryOperator;

/**
 * A file for each experiment. Files get their names in one atomic step, so readers need no lock,
 * and neither does a process that writes an experiment of its own; only changes and removals take
 * it. Nothing is forced to disk: a power cut may cost the latest records, and no more.
 */
public final class JsonStore implements ExperimentStore {
  private static final String SUFFIX = ".json";

  private final Path directory;

  /**
   * A store in a directory, which is made when the first experiment comes.
   *
   * @param directory holds nothing else
   */
  public JsonStore(Path directory) {
    this.directory = directory;
  }

  @Override
  public void put(Experiment experiment) throws IOException {
    Files.createDirectories(directory);
    Path file = file(experiment.id());
    String random = Long.toHexString(ThreadLocalRandom.current().nextLong());
    Path partial = directory.resolve("." + experiment.id() + "." + random + ".partial");
    try {
      Files.writeString(partial, ExperimentJson.write(experiment));
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  @Override
  public Optional<Experiment> find(String id) throws IOException {
    return read(file(id));
  }

  @Override
  public List<Experiment> list(Query query) throws IOException {
    List<Experiment> found = new ArrayList<>();
    if (!Files.isDirectory(directory)) {
      return found;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "[!.]*" + SUFFIX)) {
      for (Path file : files) {
        read(file).filter(query::matches).ifPresent(found::add);
      }
    }
    found.sort(Comparator.comparing(Experiment::started).thenComparing(Experiment::id).reversed());
    return found;
  }

  @Override
  public Optional<Experiment> update(String id, UnaryOperator<Experiment> change)
      throws IOException {
    if (!Files.exists(file(id))) {
      return Optional.empty();
    }
    try (StoreLock _ = StoreLock.acquire(directory)) {
      Optional<Experiment> changed = find(id).map(change);
      if (changed.isPresent()) {
        put(changed.get());
      }
      return changed;
    }
  }

  @Override
  public boolean delete(String id) throws IOException {
    if (!Files.exists(file(id))) {
      return false;
    }
    try (StoreLock _ = StoreLock.acquire(directory)) {
      return Files.deleteIfExists(file(id));
    }
  }

  @Override
  public void close() {
    // Nothing is kept open.
  }

  /** The experiment of a file; none if somebody removed it, or a power cut left it empty. */
  private static Optional<Experiment> read(Path file) throws IOException {
    try {
      String document = Files.readString(file);
      return document.isBlank()
          ? Optional.empty()
          : Optional.of(ExperimentJson.read(document, file.toString()));
    } catch (NoSuchFileException absent) {
      return Optional.empty();
    }
  }

  private Path file(String id) {
    return directory.resolve(id + SUFFIX);
  }
}
