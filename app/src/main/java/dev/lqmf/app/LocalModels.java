package dev.lqmf.app;

import dev.lqmf.app.prompt.ModelNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The models of this directory: results by their names, and the examples. */
final class LocalModels implements ModelNames {
  private static final Path EXAMPLES = Path.of("examples", "models");

  private final Path results;

  LocalModels(Path results) {
    this.results = results;
  }

  @Override
  public List<String> names() {
    return Stream.concat(
            directories(results).map(p -> p.getFileName().toString()),
            directories(EXAMPLES).map(Path::toString))
        .toList();
  }

  private static Stream<Path> directories(Path parent) {
    try (Stream<Path> entries = Files.list(parent)) {
      return entries
          .filter(Files::isDirectory)
          .filter(e -> !e.getFileName().toString().startsWith("."))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      return Stream.empty();
    }
  }
}
