package dev.lqmf.app;

import dev.lqmf.factory.Recipe;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.eval.EvalReport;
import dev.lqmf.factory.memory.ExperiencePredictor;
import dev.lqmf.factory.memory.Experiment;
import dev.lqmf.factory.memory.MemoryAgent;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;

/**
 * Adds what was measured of results to the experiments that made them, by their recipes. That it
 * cannot be is worth a line, and nothing more.
 *
 * @param notice told what happens, for people
 */
record EvalRecord(Workplace workplace, Consumer<String> notice) {
  static final String PERPLEXITY = "perplexity";
  private static final String RECIPE = "recipe.json";

  void add(EvalReport report) {
    try {
      if (!Files.isDirectory(workplace.configuration().directory(SettingsTable.EXPERIMENTS_DIR))) {
        return;
      }
      try (MemoryAgent memory = workplace.memory()) {
        for (EvalReport.Result result : report.results()) {
          Optional<Experiment> experiment = Optional.empty();
          Optional<String> hash = recipeHash(result.input());
          if (hash.isPresent()) {
            experiment = memory.latestSuccess(hash.get());
          }
          if (experiment.isPresent()) {
            add(memory, experiment.get().id(), result);
          }
        }
      }
    } catch (IOException | InputException e) {
      notice.accept("what was measured is not recorded: " + e.getMessage());
    }
  }

  private static void add(MemoryAgent memory, String id, EvalReport.Result result)
      throws IOException {
    memory.measure(id, PERPLEXITY, result.perplexity().value());
    if (result.divergence().isPresent()) {
      memory.measure(id, ExperiencePredictor.DIVERGENCE, result.divergence().get().mean().value());
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
