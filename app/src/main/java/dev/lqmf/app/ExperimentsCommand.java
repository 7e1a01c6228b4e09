package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.memory.Experiment;
import dev.lqmf.factory.memory.Experiment.Status;
import dev.lqmf.factory.memory.ExperimentJson;
import dev.lqmf.factory.memory.MemoryAgent;
import dev.lqmf.factory.memory.Query;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lqmf experiments}: what has been run, and what came out. */
@Command(
    name = "experiments",
    header = "Lists, shows and compares what has been run.",
    description = {
      "%nEvery 'lqmf quantize' is recorded, whether it succeeds or not. An experiment is named by"
          + " any part of its id that no other has.%n"
    },
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    optionListHeading = "%nOptions:%n",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf experiments list --status success",
      "  lqmf experiments search Mistral --json",
      "  lqmf experiments export experiments.json"
    })
final class ExperimentsCommand implements Runnable {
  private final Terminal terminal;
  private final Workplace workplace;

  @Spec @Nullable CommandSpec spec;

  ExperimentsCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public void run() {
    CommandLine commands = Objects.requireNonNull(spec).commandLine();
    throw new ParameterException(
        commands, "no command given: " + String.join(", ", commands.getSubcommands().keySet()));
  }

  @Command(name = "list", description = "Lists experiments, the newest first.")
  int list(
      @Option(names = "--status", paramLabel = "STATUS", description = "${COMPLETION-CANDIDATES}")
          @Nullable Status status,
      @Option(names = "--model", paramLabel = "TEXT", description = "Part of the model's name.")
          @Nullable String model,
      @Option(names = "--method", paramLabel = "METHOD", description = "As in gguf.")
          @Nullable String method,
      @Option(names = "--type", paramLabel = "TYPE", description = "As in Q4_K_M.")
          @Nullable String type,
      @Option(names = "--json", description = "Print one JSON object.") boolean json)
      throws IOException {
    return list(
        new Query(
            Optional.ofNullable(status),
            Optional.ofNullable(model),
            Optional.ofNullable(method),
            Optional.ofNullable(type),
            Optional.empty()),
        json);
  }

  @Command(name = "search", description = "Lists experiments that hold a text somewhere.")
  int search(
      @Parameters(paramLabel = "TEXT", description = "Letter case does not count.") String text,
      @Option(names = "--json", description = "Print one JSON object.") boolean json)
      throws IOException {
    return list(Query.containing(text), json);
  }

  private int list(Query query, boolean json) throws IOException {
    List<Experiment> found;
    try (MemoryAgent memory = workplace.memory()) {
      found = memory.list(query);
    }
    if (json) {
      JsonOutput.print(
          terminal.out(),
          Map.of("experiments", found.stream().map(e -> new ExperimentView(e).json()).toList()));
    } else if (found.isEmpty()) {
      terminal.out().println("no experiments" + (query.equals(Query.ALL) ? " yet" : " like that"));
    } else {
      print(found);
    }
    return CommandLine.ExitCode.OK;
  }

  private void print(List<Experiment> experiments) {
    Table table = new Table("id", "status", "model", "type", ">size", ">bits", ">time");
    for (Experiment experiment : experiments) {
      ExperimentView view = new ExperimentView(experiment);
      table.row(
          experiment.id(),
          experiment.status().label(),
          experiment.task().model(),
          experiment.task().type(),
          view.size(),
          view.bitsPerWeight(),
          view.time());
      experiment.error().ifPresent(table::below);
    }
    terminal.print(table);
  }

  @Command(name = "show", description = "Shows all that is known of one experiment.")
  int show(
      @Parameters(paramLabel = "ID", description = "Its id, or a part of it.") String id,
      @Option(names = "--json", description = "Print one JSON object.") boolean json)
      throws IOException {
    try (MemoryAgent memory = workplace.memory()) {
      Experiment experiment = memory.find(id);
      ExperimentView view = new ExperimentView(experiment);
      Optional<String> parent = memory.parent(experiment).map(Experiment::id);
      int version = memory.versions(experiment).indexOf(experiment) + 1;
      if (json) {
        Map<String, Object> object = new LinkedHashMap<>(view.json());
        object.put("version_of_recipe", version);
        parent.ifPresent(p -> object.put("parent", p));
        JsonOutput.print(terminal.out(), object);
      } else {
        PrintStream out = terminal.out();
        out.println(terminal.outStyle().bold(experiment.id()));
        Map<String, String> fields = new LinkedHashMap<>(view.fields());
        parent.ifPresent(p -> fields.put("version", version + ", after " + p));
        printFields(fields);
      }
    }
    return CommandLine.ExitCode.OK;
  }

  private void printFields(Map<String, String> fields) {
    Table table = new Table("", "");
    fields.forEach(table::row);
    terminal.printBody(table);
  }

  @Command(name = "compare", description = "Shows two experiments side by side.")
  int compare(
      @Parameters(paramLabel = "A", description = "The one.") String first,
      @Parameters(paramLabel = "B", description = "The other.") String second,
      @Option(names = "--json", description = "Print one JSON object.") boolean json)
      throws IOException {
    Experiment a;
    Experiment b;
    try (MemoryAgent memory = workplace.memory()) {
      a = memory.find(first);
      b = memory.find(second);
    }
    if (json) {
      JsonOutput.print(
          terminal.out(),
          Map.of(
              "experiments", List.of(new ExperimentView(a).json(), new ExperimentView(b).json())));
      return CommandLine.ExitCode.OK;
    }
    Map<String, String> left = new ExperimentView(a).fields();
    Map<String, String> right = new ExperimentView(b).fields();
    Set<String> names = new LinkedHashSet<>(left.keySet());
    names.addAll(right.keySet());
    names.remove(ExperimentView.ERROR); // a sentence, which has no place beside another
    Table table = new Table("", a.id(), b.id());
    int longest = names.stream().mapToInt(String::length).max().orElse(0);
    int room =
        terminal.outIsTerminal()
            ? Math.max(a.id().length(), (terminal.columns() - longest - 4) / 2)
            : Integer.MAX_VALUE;
    for (String name : names) {
      String one = left.getOrDefault(name, "-");
      String other = right.getOrDefault(name, "-");
      table.row(
          name, shortened(one, room), one.equals(other) ? "the same" : shortened(other, room));
    }
    terminal.print(table);
    for (Experiment each : List.of(a, b)) {
      each.error().ifPresent(error -> terminal.say(each.id() + " failed: " + error));
    }
    return CommandLine.ExitCode.OK;
  }

  /** Paths differ at both ends. */
  private static String shortened(String text, int room) {
    if (text.length() <= room) {
      return text;
    }
    int head = room / 2;
    return text.substring(0, head) + "…" + text.substring(text.length() - (room - head - 1));
  }

  @Command(name = "delete", description = "Forgets an experiment; the files it made stay.")
  int delete(@Parameters(paramLabel = "ID", description = "Its id, or a part of it.") String id)
      throws IOException {
    try (MemoryAgent memory = workplace.memory()) {
      Experiment experiment = memory.find(id);
      memory.delete(experiment);
      terminal.out().println("forgot " + experiment.id());
    }
    return CommandLine.ExitCode.OK;
  }

  @Command(
      name = "export",
      description = "Writes all experiments into a JSON file, whatever store they are in.")
  int export(
      @Parameters(paramLabel = "FILE", description = "Must not exist; - for standard output.")
          String file)
      throws IOException {
    String document;
    int count;
    try (MemoryAgent memory = workplace.memory()) {
      List<Experiment> all = memory.list(Query.ALL);
      count = all.size();
      document = ExperimentJson.write(all);
    }
    if (file.equals("-")) {
      terminal.out().print(document);
    } else {
      try {
        Files.writeString(Path.of(file), document, StandardOpenOption.CREATE_NEW);
      } catch (FileAlreadyExistsException e) {
        throw new InputException(file + " exists", "name another file, or move it away", e);
      }
      terminal.out().println(Units.counted(count, "experiment") + " in " + file);
    }
    return CommandLine.ExitCode.OK;
  }

  @Command(
      name = "import",
      description = "Adds the experiments of an exported file; those of the same id are replaced.")
  int importFile(@Parameters(paramLabel = "FILE", description = "Made by export.") Path file)
      throws IOException {
    List<Experiment> all = ExperimentJson.readAll(Files.readString(file), file.toString());
    Files.createDirectories(workplace.configuration().directory(SettingsTable.EXPERIMENTS_DIR));
    try (MemoryAgent memory = workplace.memory()) {
      for (Experiment experiment : all) {
        memory.put(experiment);
      }
    }
    terminal.out().println(Units.counted(all.size(), "experiment") + " from " + file);
    return CommandLine.ExitCode.OK;
  }
}
