package dev.lqmf.factory.bench;

import dev.lqmf.factory.Recipe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Names a model by what it is, not by where: results measured of one are valid for its equals. */
public final class ModelIdentity {
  private static final String RECIPE = "recipe.json";

  private ModelIdentity() {}

  /**
   * The hash of the recipe of a result; of any other model one of its files' names, sizes and
   * times.
   *
   * @param model a file or a directory
   * @return 64 hex digits
   */
  public static String of(Path model) throws IOException {
    Path directory =
        Files.isDirectory(model)
            ? model
            : Objects.requireNonNull(model.toAbsolutePath().getParent());
    Path recipe = directory.resolve(RECIPE);
    if (Files.isRegularFile(recipe)) {
      return Recipe.hashOfJson(Files.readString(recipe));
    }
    StringBuilder text = new StringBuilder();
    for (Path file : files(model)) {
      text.append(file.getFileName())
          .append('\t')
          .append(Files.size(file))
          .append('\t')
          .append(Files.getLastModifiedTime(file).toMillis())
          .append('\n');
    }
    return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** What people write by hand does not change a model. */
  private static List<Path> files(Path model) throws IOException {
    if (!Files.isDirectory(model)) {
      return List.of(model);
    }
    try (Stream<Path> entries = Files.list(model)) {
      return entries
          .filter(Files::isRegularFile)
          .filter(f -> !f.getFileName().toString().endsWith(".md"))
          .sorted()
          .toList();
    }
  }
}
