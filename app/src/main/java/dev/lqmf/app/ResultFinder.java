package dev.lqmf.app;

import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds the GGUF that a user means: a file, a result directory, or the name of a result. */
final class ResultFinder {
  private static final Pattern LATER_SPLIT = Pattern.compile(".*-(?!00001)\\d{5}-of-\\d{5}\\.gguf");

  private ResultFinder() {}

  /**
   * The file to open; of a split set the first.
   *
   * @param named what the user typed
   * @throws InputException if there is no such model, or no GGUF in it
   * @throws IOException if a directory cannot be read
   */
  static Path find(String named) throws IOException {
    Path path = path(named);
    if (!Files.exists(path)) {
      Path result = QuantizeRequest.DEFAULT_OUTPUT_ROOT.resolve(path);
      if (!Files.exists(result)) {
        throw missing(named, result);
      }
      path = result;
    }
    return Files.isDirectory(path) ? inDirectory(path) : path;
  }

  private static Path path(String named) {
    try {
      return Path.of(named);
    } catch (InvalidPathException e) {
      throw new InputException("'" + named + "' is not a path", "name a file or directory", e);
    }
  }

  private static Path inDirectory(Path directory) throws IOException {
    List<Path> files = list(directory, ".gguf");
    List<Path> firsts =
        files.stream()
            .filter(f -> !LATER_SPLIT.matcher(f.getFileName().toString()).matches())
            .toList();
    if (firsts.size() == 1) {
      return firsts.getFirst();
    }
    if (firsts.isEmpty()) {
      throw new InputException(
          "there is no GGUF in " + directory,
          Files.exists(directory.resolve("config.json"))
              ? "quantize the checkpoint first: lqmf quantize " + directory + " --type Q4_K_M"
              : "name a GGUF file or a result directory");
    }
    throw new InputException(
        directory + " holds " + firsts.size() + " models", "name one of " + names(firsts));
  }

  private static InputException missing(String named, Path result) throws IOException {
    Path root = QuantizeRequest.DEFAULT_OUTPUT_ROOT;
    List<Path> results = Files.isDirectory(root) ? list(root, "") : List.of();
    return new InputException(
        "there is no model " + named + ", nor " + result,
        results.isEmpty()
            ? "make one: lqmf quantize MODEL --type Q4_K_M"
            : "name a GGUF file, or one of " + names(results));
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
