package dev.lqmf.app;

import dev.lqmf.factory.decide.ModelNames;
import dev.lqmf.hub.FoundModel;
import dev.lqmf.hub.HubClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Predicate;

/** What the names in a line may stand for: paths, results, and what the hub has. */
final class KnownModels {
  private KnownModels() {}

  /** The names that are known in a place. */
  static ModelNames of(Workplace workplace) throws IOException {
    Map<String, String> environment = workplace.configuration().environment();
    return new ModelNames(
        (words, limit) ->
            HubClient.fromEnvironment(environment, workplace.home()).search(words, limit).stream()
                .map(FoundModel::id)
                .toList(),
        new Existing(workplace.results()));
  }

  /** Whether a text is a path, or the name of a result. */
  private record Existing(Path results) implements Predicate<String> {
    @Override
    public boolean test(String text) {
      try {
        return Files.exists(Path.of(text)) || Files.exists(results.resolve(text));
      } catch (InvalidPathException e) {
        return false;
      }
    }
  }
}
