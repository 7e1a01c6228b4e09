package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.memory.Experiment.Status;
import dev.lqmf.factory.memory.MemoryAgent;
import dev.lqmf.factory.memory.Statistics;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lqmf stats}: what all experiments say together. */
@Command(
    name = "stats",
    header = "Tells how often runs succeed, how long they take, and what they save.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n")
final class StatsCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  StatsCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    Statistics statistics;
    try (MemoryAgent memory = workplace.memory()) {
      statistics = memory.statistics();
    }
    if (json) {
      printJson(statistics);
    } else {
      print(statistics);
    }
    return CommandLine.ExitCode.OK;
  }

  private void print(Statistics statistics) {
    PrintStream out = terminal.out();
    if (statistics.total() == 0) {
      out.println("no experiments yet");
      return;
    }
    out.println(terminal.outStyle().bold(Units.counted(statistics.total(), "experiment")));
    Table table = new Table("status", ">runs", ">share");
    for (Status status : Status.values()) {
      if (statistics.count(status) > 0) {
        OptionalDouble rate =
            status == Status.RUNNING ? OptionalDouble.empty() : statistics.rate(status);
        table.row(
            status.label(),
            Integer.toString(statistics.count(status)),
            rate.isPresent() ? Units.percent(rate.getAsDouble()) : "");
      }
    }
    terminal.print(table);
    out.println();
    out.println(Units.bytes(Math.max(0, statistics.bytesSaved())) + " of storage saved");
    if (!statistics.methods().isEmpty()) {
      out.println();
      Table methods =
          new Table("method", "type", ">runs", ">succeeded", ">mean time", ">bits", ">smaller");
      for (Statistics.Group group : statistics.methods()) {
        OptionalDouble seconds = group.meanSeconds();
        OptionalDouble ratio = group.meanRatio();
        methods.row(
            group.method(),
            group.type(),
            Integer.toString(group.runs()),
            Units.percent((double) group.successes() / group.runs()),
            seconds.isPresent() ? ExperimentView.seconds(seconds.getAsDouble()) : "",
            ExperimentView.decimal(group.meanBitsPerWeight()),
            ratio.isPresent() ? Units.decimal(ratio.getAsDouble()) + "×" : "");
      }
      terminal.print(methods);
      if (statistics.methods().stream()
          .anyMatch(g -> g.successes() > 0 && g.meanSeconds().isEmpty())) {
        out.println("Times are those of runs that made a single result.");
      }
    }
    if (statistics.times().runs() > 0 || statistics.divergences().runs() > 0) {
      out.println();
    }
    print("times", statistics.times());
    print("divergences", statistics.divergences());
  }

  private void print(String what, Statistics.Accuracy accuracy) {
    accuracy
        .factor()
        .ifPresent(
            factor ->
                terminal
                    .out()
                    .println(
                        what
                            + " were predicted within a factor of "
                            + Units.decimal(factor)
                            + " on average, over "
                            + accuracy.runs()
                            + (accuracy.runs() == 1 ? " run" : " runs")));
  }

  private void printJson(Statistics statistics) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("experiments", statistics.total());
    Map<String, Object> byStatus = new LinkedHashMap<>();
    for (Status status : Status.values()) {
      byStatus.put(status.label(), statistics.count(status));
    }
    object.put("by_status", byStatus);
    statistics.rate(Status.SUCCESS).ifPresent(rate -> object.put("success_rate", rate));
    statistics.rate(Status.FAILED).ifPresent(rate -> object.put("failure_rate", rate));
    object.put("bytes_saved", statistics.bytesSaved());
    object.put("predicted_runs", statistics.times().runs());
    statistics.times().factor().ifPresent(f -> object.put("prediction_error_factor", f));
    object.put("predicted_divergences", statistics.divergences().runs());
    statistics.divergences().factor().ifPresent(f -> object.put("divergence_error_factor", f));
    object.put("methods", statistics.methods().stream().map(StatsCommand::json).toList());
    JsonOutput.print(terminal.out(), object);
  }

  private static Map<String, Object> json(Statistics.Group group) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("method", group.method());
    object.put("type", group.type());
    object.put("runs", group.runs());
    object.put("successes", group.successes());
    group.meanSeconds().ifPresent(s -> object.put("mean_seconds", s));
    group.meanBitsPerWeight().ifPresent(b -> object.put("mean_bits_per_weight", b));
    group.meanRatio().ifPresent(r -> object.put("mean_compression_ratio", r));
    return object;
  }
}
