package dev.lqmf.app;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.gguf.SplitName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Finds the model that a user means: a file, a directory, or the name of a result. */
final class ModelFinder {
  private final Path results;

  /**
   * A finder.
   *
   * @param results where results are looked up by name
   */
  ModelFinder(Path results) {
    this.results = results;
  }

  /**
   * The GGUF file to open; of a split set the first.
   *
   * @param named what the user typed
   * @throws InputException if there is no such model, or no GGUF in it
   * @throws IOException if a directory cannot be read
   */
  Path gguf(String named) throws IOException {
    Path path = existing(named);
    if (!Files.isDirectory(path)) {
      return path;
    }
    List<Path> models = models(path);
    if (models.isEmpty()) {
      throw new InputException(
          "there is no GGUF in " + path,
          Files.exists(path.resolve("config.json"))
              ? "quantize the checkpoint first: lqmf quantize " + path + " --type Q4_K_M"
              : "name a GGUF file or a result directory");
    }
    return only(path, models);
  }

  /**
   * What to inspect: a file, or a directory without GGUF in it.
   *
   * @param named what the user typed
   * @throws InputException if there is no such model
   * @throws IOException if a directory cannot be read
   */
  Path fileOrCheckpoint(String named) throws IOException {
    Path path = existing(named);
    if (!Files.isDirectory(path)) {
      return path;
    }
    List<Path> models = models(path);
    return models.isEmpty() ? path : only(path, models);
  }

  /**
   * What the user typed, or the result of that name if there is one and no such path.
   *
   * @param named a path, a result or a hub id
   */
  String resultOrInput(String named) {
    try {
      Path result = results.resolve(named);
      return !Files.exists(Path.of(named)) && Files.exists(result) ? result.toString() : named;
    } catch (InvalidPathException e) {
      return named; // whoever opens it says so
    }
  }

  private Path existing(String named) throws IOException {
    Path path;
    try {
      path = Path.of(named);
    } catch (InvalidPathException e) {
      throw new InputException("'" + named + "' is not a path", "name a file or directory", e);
    }
    if (Files.exists(path)) {
      return path;
    }
    Path result = results.resolve(path);
    if (Files.exists(result)) {
      return result;
    }
    List<Path> known = Files.isDirectory(results) ? list(results, "") : List.of();
    throw new InputException(
        "there is no model " + named + ", nor " + result,
        known.isEmpty()
            ? "check the path, or make a model: lqmf quantize MODEL --type Q4_K_M"
            : "name a file or directory, or one of " + names(known));
  }

  private static Path only(Path directory, List<Path> models) {
    if (models.size() > 1) {
      throw new InputException(
          directory + " holds " + models.size() + " models", "name one: " + names(models));
    }
    return models.getFirst();
  }

  /** The GGUF files of a directory; of each split set only the first. */
  private static List<Path> models(Path directory) throws IOException {
    return list(directory, ".gguf").stream()
        .filter(f -> SplitName.parse(f).map(s -> s.no() == 0).orElse(true))
        .toList();
  }

  private static List<Path> list(Path directory, String suffix) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(e -> e.getFileName().toString().endsWith(suffix))
          .filter(e -> !e.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    }
  }

  private static String names(List<Path> paths) {
    return String.join(", ", paths.stream().map(p -> p.getFileName().toString()).toList());
  }
}
