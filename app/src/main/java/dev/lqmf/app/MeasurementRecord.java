package dev.lqmf.app;

import dev.lqmf.factory.Recipe;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.memory.Experiment;
import dev.lqmf.factory.memory.MemoryAgent;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;

/**
 * Adds what was measured of results to the experiments that made them, by their recipes. That it
 * cannot be is worth a line, and nothing more.
 *
 * @param notice told what happens, for people
 */
record MeasurementRecord(Workplace workplace, Consumer<String> notice) {
  private static final String RECIPE = "recipe.json";

  /**
   * Adds measurements.
   *
   * @param measured by file or directory of the result; numbers by their names
   */
  void add(Map<String, Map<String, Double>> measured) {
    try {
      Map<String, Map<String, Double>> byRecipe = new LinkedHashMap<>();
      for (Map.Entry<String, Map<String, Double>> result : measured.entrySet()) {
        recipeHash(result.getKey()).ifPresent(hash -> byRecipe.put(hash, result.getValue()));
      }
      addByRecipe(byRecipe);
    } catch (IOException e) {
      failed(e);
    }
  }

  /**
   * Adds measurements.
   *
   * @param measured by hash of the recipe; numbers by their names
   */
  void addByRecipe(Map<String, Map<String, Double>> measured) {
    try {
      if (!Files.isDirectory(workplace.configuration().directory(SettingsTable.EXPERIMENTS_DIR))) {
        return;
      }
      try (MemoryAgent memory = workplace.memory()) {
        for (Map.Entry<String, Map<String, Double>> result : measured.entrySet()) {
          add(memory, result.getKey(), result.getValue());
        }
      }
    } catch (IOException | InputException e) {
      failed(e);
    }
  }

  private void failed(Exception e) {
    notice.accept("what was measured is not recorded: " + e.getMessage());
  }

  private static void add(MemoryAgent memory, String recipe, Map<String, Double> measured)
      throws IOException {
    Optional<Experiment> experiment = memory.latestSuccess(recipe);
    if (experiment.isPresent()) {
      for (Map.Entry<String, Double> each : measured.entrySet()) {
        memory.measure(experiment.get().id(), each.getKey(), each.getValue());
      }
    }
  }

  /** The recipe beside a model; none if it is not a result. */
  private static Optional<String> recipeHash(String input) throws IOException {
    try {
      Path path = Path.of(input);
      Path recipe = Files.isDirectory(path) ? path.resolve(RECIPE) : path.resolveSibling(RECIPE);
      return Files.isRegularFile(recipe)
          ? Optional.of(Recipe.hashOfJson(Files.readString(recipe)))
          : Optional.empty();
    } catch (InvalidPathException | JacksonException noResult) {
      return Optional.empty();
    }
  }
}
