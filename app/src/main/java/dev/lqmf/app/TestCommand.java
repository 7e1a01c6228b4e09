package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.app.prompt.Cancellation;
import dev.lqmf.factory.feedback.Discovery;
import dev.lqmf.factory.feedback.FeedbackAgent;
import dev.lqmf.factory.feedback.FoundModel;
import dev.lqmf.factory.feedback.HtmlReport;
import dev.lqmf.factory.feedback.Prompts;
import dev.lqmf.factory.feedback.TestJson;
import dev.lqmf.factory.feedback.TestPlan;
import dev.lqmf.factory.feedback.TestReport;
import dev.lqmf.factory.feedback.TestStore;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf test}: finds finished models and tries them. */
@Command(
    name = "test",
    header = "Finds finished models, and has them answer prompts.",
    description = {
      "%n'test list' lists those of quantized-models, 'test discover DIR...' those of other"
          + " directories. 'test MODEL...' runs each in a process of its own, and measures times,"
          + " memory and the texts; a name may be a part of one. Results are kept in"
          + " benchmarks.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf test list",
      "  lqmf test docs-llama-4m_gguf_Q4_K_M",
      "  lqmf test Q4_K_M --comprehensive --explain"
    })
final class TestCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      arity = "1..*",
      paramLabel = "WHAT",
      description = "list, discover DIR..., or models by name, a part of it, or path.")
  List<String> what = List.of();

  @Option(names = "--quick", description = "A prompt of each category (the default).")
  boolean quick;

  @Option(names = "--comprehensive", description = "All prompts, and longer answers.")
  boolean comprehensive;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description = "Your own prompts: category: text, one on each line.")
  @Nullable Path prompts;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "Where results are kept (default: " + BenchCommand.DIRECTORY + ").")
  @Nullable Path output;

  @Option(
      names = "--baseline",
      paramLabel = "MODEL",
      description = "Compare predictions with those of this model, as a rule the unquantized one.")
  @Nullable String baseline;

  @Option(names = "--report", description = "Write a page with tables and plots (HTML), too.")
  boolean report;

  @Option(names = "--explain", description = "Print how the scores come about.")
  boolean explain;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  TestCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    UsageException.check(this::mode);
    return switch (what.getFirst()) {
      case "list" -> list(List.of(workplace.results()));
      case "discover" ->
          list(
              what.size() == 1
                  ? List.of(workplace.results())
                  : what.subList(1, what.size()).stream().map(Path::of).toList());
      default -> test();
    };
  }

  private boolean mode() {
    if (quick && comprehensive) {
      throw new InputException("--quick and --comprehensive exclude each other", "give one");
    }
    return comprehensive;
  }

  private int list(List<Path> directories) throws IOException {
    List<FoundModel> models = new ArrayList<>();
    for (Path directory : directories) {
      models.addAll(Discovery.scan(directory));
    }
    Map<Path, TestStore.Last> lasts = new HashMap<>();
    for (FoundModel model : models) {
      store().last(model).ifPresent(last -> lasts.put(model.path(), last));
    }
    if (json) {
      JsonOutput.print(
          terminal.out(),
          Map.of("models", models.stream().map(m -> json(m, lasts.get(m.path()))).toList()));
    } else if (models.isEmpty()) {
      terminal.out().println("There are none yet: lqmf quantize MODEL --yes");
    } else {
      Table table =
          new Table(
              "model", "method", "format", ">bits", ">size", "last test", ">files", "architecture");
      for (FoundModel m : models) {
        TestStore.Last last = lasts.get(m.path());
        table.row(
            m.name(),
            m.method(),
            m.format(),
            m.bitsPerWeight().isPresent() ? Units.decimal(m.bitsPerWeight().getAsDouble()) : "",
            m.problem().isPresent() ? "" : Units.bytes(m.fileBytes()),
            shown(last),
            Integer.toString(m.files()),
            m.architecture());
        m.problem()
            .map(problem -> "damaged: " + problem)
            .or(() -> Optional.ofNullable(last).flatMap(TestStore.Last::reason))
            .ifPresent(table::below);
      }
      terminal.print(table);
    }
    return CommandLine.ExitCode.OK;
  }

  private static String shown(TestStore.@Nullable Last last) {
    if (last == null) {
      return "";
    }
    return last.outcome()
        + (last.score().isPresent() ? " " + Units.decimal(last.score().getAsDouble()) : "");
  }

  private static Map<String, Object> json(FoundModel model, TestStore.@Nullable Last last) {
    Map<String, Object> object = TestJson.of(model);
    if (last != null) {
      Map<String, Object> test = new LinkedHashMap<>();
      test.put("tested_at", last.testedAt().toString());
      test.put("outcome", last.outcome().replace(' ', '_'));
      last.reason().ifPresent(r -> test.put("reason", r));
      last.score().ifPresent(s -> test.put("score", s));
      object.put("last_test", test);
    }
    return object;
  }

  private int test() throws IOException {
    List<FoundModel> known = Discovery.scan(workplace.results());
    List<FoundModel> models = new ArrayList<>();
    for (String name : what) {
      models.add(model(name, known));
    }
    FeedbackAgent agent = new FeedbackAgent(plan(known));
    Cancellation.by(agent::cancel);
    List<TestReport> reports = new ArrayList<>();
    for (FoundModel model : models) {
      terminal.err().println("testing " + model.name());
      reports.add(agent.test(model, _ -> {}));
    }
    boolean kept = keep(reports, store());
    new TestRecord(new MeasurementRecord(workplace, terminal.err()::println)).add(reports);
    if (json) {
      Instant now = Instant.now();
      JsonOutput.print(
          terminal.out(), Map.of("tests", reports.stream().map(r -> TestJson.of(r, now)).toList()));
    } else {
      new TestResult(terminal, reports, explain).print();
    }
    return kept && reports.stream().allMatch(TestReport::passed)
        ? CommandLine.ExitCode.OK
        : CommandLine.ExitCode.SOFTWARE;
  }

  private TestPlan plan(List<FoundModel> known) throws IOException {
    List<Prompts.Prompt> asked = prompts == null ? Prompts.shipped() : Prompts.read(prompts);
    TestPlan plan = comprehensive ? TestPlan.comprehensive(asked) : TestPlan.quick(asked);
    return baseline == null ? plan : plan.withBaseline(model(baseline, known).path().toString());
  }

  private TestStore store() {
    return new TestStore(
        output == null ? workplace.file(BenchCommand.DIRECTORY) : output, InstantSource.system());
  }

  private static FoundModel model(String name, List<FoundModel> known) throws IOException {
    Path path = Path.of(name);
    return Files.exists(path) ? Discovery.at(path) : Discovery.named(name, known);
  }

  /** Whether all is kept that should be. */
  private boolean keep(List<TestReport> reports, TestStore store) {
    try {
      for (TestReport each : reports) {
        store.keep(each);
      }
      if (report) {
        Path page = store.page();
        TestStore.write(page, HtmlReport.of(reports, Instant.now()));
        terminal.err().println("report: " + page);
      }
      return true;
    } catch (IOException e) {
      new Errors(terminal).report(e, false);
      return false;
    }
  }
}
