package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.prompt.Cancellation;
import dev.lqmf.factory.bench.BenchJob;
import dev.lqmf.factory.bench.BenchReport;
import dev.lqmf.factory.bench.BenchRequest;
import dev.lqmf.factory.bench.BenchStore;
import dev.lqmf.factory.bench.Measurement;
import dev.lqmf.factory.bench.ParetoChart;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf bench}: variants of a model side by side. */
@Command(
    name = "bench",
    header = "Compares variants of a model: size, distance from the original, accuracy, speed.",
    description = {
      "%nWhat is measured stays in benchmarks/cache, by the hash of the recipe: a run that was"
          + " interrupted goes on, and nothing is measured twice. --regress measures again and"
          + " fails if something got worse.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf bench docs-llama-4m --all",
      "  lqmf bench docs-llama-4m --all --fit 8G",
      "  lqmf bench a.gguf b.gguf --baseline my-model --tasks questions.jsonl",
      "  lqmf bench docs-llama-4m_gguf_Q4_K_M --regress --threshold 5%%"
    })
final class BenchCommand implements Callable<Integer> {
  static final String DIRECTORY = "benchmarks";

  /** Below it: what was measured. */
  static final String CACHE = "cache";

  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      paramLabel = "MODEL",
      arity = "1..*",
      description = "Checkpoint directories, GGUF files, results or their names, or hub ids.")
  List<String> models = new ArrayList<>();

  @Option(
      names = "--all",
      description = "All results whose names begin with the model's; the model is the baseline.")
  boolean all;

  @Option(
      names = "--baseline",
      paramLabel = "MODEL",
      description = "The model that the others should be equal to, as a rule unquantized.")
  @Nullable String baseline;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description = "The text to predict, in UTF-8 (default: WikiText-2 test).")
  @Nullable Path text;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Use so many tokens of the text (default: ${DEFAULT-VALUE}).")
  int maxTokens = BenchRequest.DEFAULT_TOKENS;

  @Option(
      names = "--tasks",
      paramLabel = "FILE",
      description =
          "Multiple-choice questions, one a line: {\"question\": …, \"choices\": […], \"answer\":"
              + " 0} (default: 60 that LQMF brings along).")
  @Nullable Path tasks;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description =
          "Prompts, one a line: {\"prompt\": …, \"reference\": …}; without references, answers are"
              + " compared with the baseline's.")
  @Nullable Path prompts;

  @Option(
      names = "--stem",
      description = "Compare words of answers by their English stems (Porter's), in ROUGE.")
  boolean stem;

  @Option(
      names = "--measure",
      split = ",",
      paramLabel = "WHAT",
      description = "predictions, accuracy, answers, speed (default: all).")
  List<String> measurements = List.of();

  @Option(
      names = "--fit",
      paramLabel = "SIZE",
      description = "Recommend the variant for so much memory, as in 8G.")
  @Nullable String fit;

  @Option(
      names = "--regress",
      description = "Measure again; status 1 if something is worse than what is stored.")
  boolean regress;

  @Option(
      names = "--threshold",
      paramLabel = "SHARE",
      description = "By how much it may be worse (default: ${DEFAULT-VALUE}).")
  String threshold = "5%";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "Where results and the chart go (default: " + DIRECTORY + ").")
  @Nullable Path output;

  @Option(names = "--threads", paramLabel = "N", description = "Number of threads.")
  @Nullable Integer threads;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  BenchCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    double limit = UsageException.check(this::limit);
    OptionalLong budget = UsageException.check(this::budget);
    Path directory = output == null ? workplace.file(DIRECTORY) : output;
    BenchRequest request = request();
    BenchStore store = new BenchStore(directory.resolve(CACHE), InstantSource.system());
    BenchProgress progress = new BenchProgress(terminal);
    BenchJob job = new BenchJob(request, workplace.download(progress::notice), store, progress);
    Cancellation.by(job::cancel);
    BenchReport report;
    try {
      report = job.run();
    } finally {
      progress.clear();
    }
    new BenchRecord(new MeasurementRecord(workplace, progress::notice)).add(report);
    BenchResult result = new BenchResult(terminal, report, budget);
    if (json) {
      result.printJson();
    } else if (regress) {
      result.printChanges(limit);
    } else {
      result.print();
      chart(report, directory);
    }
    if (!progress.allStored()) {
      return CommandLine.ExitCode.SOFTWARE;
    }
    return regress ? verdict(report, limit) : CommandLine.ExitCode.OK;
  }

  private int verdict(BenchReport report, double limit) {
    boolean worse =
        report.rows().stream()
            .anyMatch(
                r ->
                    !r.failures().isEmpty()
                        || r.changes().stream().anyMatch(c -> c.worse() > limit));
    if (report.rows().stream().allMatch(r -> r.changes().isEmpty())) {
      terminal.err().println("nothing was stored to compare with; today's results are, now");
    }
    return worse ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
  }

  private void chart(BenchReport report, Path directory) throws IOException {
    if (report.rows().stream().noneMatch(r -> r.distance().isPresent())) {
      return;
    }
    Path file =
        directory.resolve(
            "pareto_%s.svg"
                .formatted(report.rows().getFirst().name().replaceAll("[^A-Za-z0-9._-]", "_")));
    Files.createDirectories(directory);
    Files.writeString(file, ParetoChart.svg(report));
    terminal.out().println();
    terminal.out().println("chart: " + file);
  }

  private OptionalLong budget() {
    return fit == null ? OptionalLong.empty() : OptionalLong.of(ByteSize.parse(fit));
  }

  private double limit() {
    String number = threshold.strip();
    boolean percent = number.endsWith("%");
    try {
      double value =
          Double.parseDouble(percent ? number.substring(0, number.length() - 1) : number);
      double share = percent ? value / 100 : value;
      if (share >= 0 && share < Double.POSITIVE_INFINITY) {
        return share;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new InputException(
        "a threshold of " + InputException.quote(threshold) + " is no share",
        "write one as in 5% or 0.05");
  }

  private BenchRequest request() throws IOException {
    ModelFinder finder = new ModelFinder(workplace.results());
    BenchModels known = new BenchModels(workplace.results(), workplace);
    List<String> named = new ArrayList<>();
    Optional<String> original = Optional.ofNullable(baseline);
    for (String model : models) {
      if (all) {
        List<String> variants = known.variants(model);
        named.addAll(variants);
        original = original.isPresent() ? original : known.original(model, variants);
      } else {
        named.add(finder.resultOrInput(workplace.model(model)));
      }
    }
    Optional<String> base = original;
    return UsageException.check(
        () ->
            new BenchRequest(
                named,
                base.map(finder::resultOrInput),
                Optional.ofNullable(text),
                maxTokens,
                Optional.ofNullable(tasks),
                Optional.ofNullable(prompts),
                stem,
                measurements(),
                regress,
                threads == null
                    ? TorchOptions.DEFAULTS
                    : TorchOptions.DEFAULTS.withThreads(threads)));
  }

  private Set<Measurement> measurements() {
    return measurements.isEmpty()
        ? EnumSet.allOf(Measurement.class)
        : measurements.stream().map(Measurement::named).collect(Collectors.toSet());
  }
}
