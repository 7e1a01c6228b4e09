package dev.lqmf.app;

import dev.lqmf.factory.OutputReport;
import dev.lqmf.factory.QuantizeReport;
import dev.lqmf.factory.bench.BenchStore;
import dev.lqmf.factory.docs.DocumentationAgent;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Writes the cards of new results. */
final class Cards {
  /** How a report names a model of the hub. */
  private static final Pattern ON_HUB = Pattern.compile("([\\w.-]+/[\\w.-]+)(@.*)?");

  private final Workplace workplace;
  private final Consumer<String> notice;
  private final Set<Path> written = new LinkedHashSet<>();

  /**
   * A writer.
   *
   * @param notice told why a card could not be written: the result is good without
   */
  Cards(Workplace workplace, Consumer<String> notice) {
    this.workplace = workplace;
    this.notice = notice;
  }

  /** Writes the card of each result that has none. */
  void add(QuantizeReport report, String input, boolean none) {
    for (OutputReport output : report.outputs()) {
      boolean there = Files.exists(output.directory().resolve(DocumentationAgent.CARD));
      if (!none && !there && document(output.directory(), hubId(input))) {
        written.add(output.directory());
      }
    }
  }

  /** Writes the cards that it wrote once more: there are tests, now. */
  void addTests() {
    for (Path directory : written) {
      var _ = document(directory, Optional.empty());
    }
  }

  private boolean document(Path directory, Optional<String> hubId) {
    DocumentationAgent agent =
        new DocumentationAgent(
            new BenchStore(
                workplace.file(BenchCommand.DIRECTORY).resolve(BenchCommand.CACHE),
                InstantSource.system()));
    try {
      var _ = agent.document(directory, hubId);
      return true;
    } catch (IOException | InputException e) {
      notice.accept("no card for %s: %s".formatted(directory, e.getMessage()));
      return false;
    }
  }

  private static Optional<String> hubId(String input) {
    Matcher matcher = ON_HUB.matcher(input);
    return !Files.exists(Path.of(input)) && matcher.matches()
        ? Optional.of(matcher.group(1))
        : Optional.empty();
  }
}
