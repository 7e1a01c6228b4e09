package dev.lqmf.app;

import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** All results of a model, and the model itself. */
final class BenchModels {
  private static final Path EXAMPLES = Path.of("examples", "models");

  /** Results that lose nothing, or nearly nothing, the best first. */
  private static final List<String> ORIGINALS = List.of("F32", "BF16", "F16");

  private final Path results;
  private final Workplace workplace;

  BenchModels(Path results, Workplace workplace) {
    this.results = results;
    this.workplace = workplace;
  }

  /**
   * The results whose names begin with the model's and an underscore.
   *
   * @param model a name or a path
   * @throws InputException if there is none
   */
  List<String> variants(String model) throws IOException {
    String prefix = name(model) + "_";
    List<String> found = List.of();
    if (Files.isDirectory(results)) {
      try (Stream<Path> entries = Files.list(results)) {
        found =
            entries
                .filter(e -> e.getFileName().toString().startsWith(prefix))
                .filter(e -> Files.isRegularFile(e.resolve("summary.json")))
                .sorted()
                .map(Path::toString)
                .toList();
      }
    }
    if (found.isEmpty()) {
      throw new InputException(
          "%s has no result of %s".formatted(results, name(model)),
          "make some: lqmf quantize %s --type Q4_K_M,Q8_0".formatted(model));
    }
    return found;
  }

  /**
   * The model itself, if it is on disk, else its result that lost least.
   *
   * @param variants its results
   */
  Optional<String> original(String model, List<String> variants) throws IOException {
    Path known = Path.of(workplace.model(model));
    for (Path candidate : List.of(known, EXAMPLES.resolve(name(model)))) {
      if (Files.exists(candidate)) {
        return Optional.of(candidate.toString());
      }
    }
    return ORIGINALS.stream()
        .flatMap(type -> variants.stream().filter(v -> v.endsWith("_gguf_" + type)))
        .findFirst();
  }

  private static String name(String model) {
    Path name = Path.of(model).getFileName();
    if (name == null || Set.of("", ".", "..").contains(name.toString())) {
      throw new InputException(
          InputException.quote(model) + " is no model's name", "name one, as in docs-llama-4m");
    }
    return name.toString();
  }
}
