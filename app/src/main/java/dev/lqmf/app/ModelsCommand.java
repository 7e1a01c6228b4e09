package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lqmf models}: what has been made and can be run, tested and measured. */
@Command(
    name = "models",
    header = "Lists the finished models.",
    mixinStandardHelpOptions = true,
    optionListHeading = "%nOptions:%n")
final class ModelsCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  /**
   * One of them.
   *
   * @param name as commands take it
   * @param bytes of all its files
   */
  private record Result(String name, long bytes) {}

  ModelsCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    Path directory = workplace.results();
    List<Result> results = results(directory);
    if (json) {
      JsonOutput.print(
          terminal.out(),
          Map.of(
              "models",
              results.stream().map(r -> Map.of("name", r.name(), "bytes", r.bytes())).toList()));
    } else if (results.isEmpty()) {
      terminal.out().println("There are none in " + directory + " yet: lqmf quantize MODEL --yes");
    } else {
      Table table = new Table("model", ">size");
      results.forEach(r -> table.row(r.name(), Units.bytes(r.bytes())));
      terminal.print(table);
    }
    return CommandLine.ExitCode.OK;
  }

  private static List<Result> results(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      List<Path> finished =
          entries
              .filter(Files::isDirectory)
              // A dot begins what is not finished.
              .filter(e -> !e.getFileName().toString().startsWith("."))
              .sorted()
              .toList();
      List<Result> results = new ArrayList<>();
      for (Path result : finished) {
        results.add(new Result(result.getFileName().toString(), bytes(result)));
      }
      return results;
    }
  }

  private static long bytes(Path result) throws IOException {
    long sum = 0;
    try (Stream<Path> files = Files.list(result)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        sum += Files.size(file);
      }
    }
    return sum;
  }
}
