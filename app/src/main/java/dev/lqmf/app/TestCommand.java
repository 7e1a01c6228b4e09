package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.feedback.Discovery;
import dev.lqmf.factory.feedback.FeedbackAgent;
import dev.lqmf.factory.feedback.FoundModel;
import dev.lqmf.factory.feedback.Prompts;
import dev.lqmf.factory.feedback.TestReport;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
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
  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");
  private static final int SAMPLE = 200;

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
      description = "Where results are kept (default: ${DEFAULT-VALUE}).")
  Path output = Path.of("benchmarks");

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
    if (json) {
      JsonOutput.print(
          terminal.out(), Map.of("models", models.stream().map(TestCommand::json).toList()));
    } else if (models.isEmpty()) {
      terminal.out().println("There are none yet: lqmf quantize MODEL --yes");
    } else {
      Table table = new Table("model", "method", "format", ">size", ">files", "architecture");
      for (FoundModel m : models) {
        table.row(
            m.name(),
            m.method(),
            m.format(),
            m.problem().isPresent() ? "" : Units.bytes(m.bytes()),
            Integer.toString(m.files()),
            m.problem().map(p -> "damaged: " + p).orElse(m.architecture()));
      }
      terminal.print(table);
    }
    return CommandLine.ExitCode.OK;
  }

  private int test() throws IOException {
    List<FoundModel> known = Discovery.scan(workplace.results());
    List<FoundModel> models = new ArrayList<>();
    for (String name : what) {
      models.add(model(name, known));
    }
    List<Prompts.Prompt> asked = prompts == null ? Prompts.shipped() : Prompts.read(prompts);
    FeedbackAgent agent =
        comprehensive ? FeedbackAgent.comprehensive(asked) : FeedbackAgent.quick(asked);
    List<TestReport> reports = new ArrayList<>();
    List<Map<String, Object>> objects = new ArrayList<>();
    for (FoundModel model : models) {
      terminal.err().println("testing " + model.name());
      TestReport report = agent.test(model, _ -> {});
      reports.add(report);
      Map<String, Object> object = json(report);
      objects.add(object);
      keep(report, object);
    }
    if (json) {
      JsonOutput.print(terminal.out(), Map.of("tests", objects));
    } else {
      print(reports);
    }
    return reports.stream().allMatch(TestReport::passed)
        ? CommandLine.ExitCode.OK
        : CommandLine.ExitCode.SOFTWARE;
  }

  private static FoundModel model(String name, List<FoundModel> known) throws IOException {
    Path path = Path.of(name);
    if (Files.exists(path)) {
      Path parent = path.toAbsolutePath().normalize().getParent();
      Path whole = path.toAbsolutePath().normalize();
      return Discovery.scan(Objects.requireNonNull(parent, "the root is no model")).stream()
          .filter(m -> m.path().equals(whole))
          .findFirst()
          .orElseThrow(
              () ->
                  new InputException(
                      path + " holds no model", "name a GGUF file or a checkpoint directory"));
    }
    return Discovery.named(name, known);
  }

  private void print(List<TestReport> reports) {
    PrintStream out = terminal.out();
    for (TestReport report : reports) {
      if (report.answers().isEmpty()) {
        continue;
      }
      TestReport.Answer sample = report.answers().getFirst();
      out.println(terminal.outStyle().bold(report.model().name()));
      String text = sample.text().strip().replaceAll("\\s+", " ");
      out.println(terminal.outStyle().dim(sample.prompt().text()));
      out.println(text.length() > SAMPLE ? text.substring(0, SAMPLE) + "…" : text);
      out.println();
    }
    Table table =
        new Table(
            "model", "result", ">load", ">first", ">tokens/s", ">peak", ">coherence", ">score");
    for (TestReport r : reports) {
      boolean ran = !r.answers().isEmpty();
      table.row(
          r.model().name(),
          r.passed() ? "passed" : "failed",
          ran ? number("%.1f s", r.loadSeconds()) : "",
          ran ? number("%.0f ms", 1000 * r.median(TestReport.Answer::firstTextSeconds)) : "",
          ran ? number("%.0f", r.median(TestReport.Answer::tokensPerSecond)) : "",
          r.peakBytes().isPresent() ? Units.bytes(r.peakBytes().getAsLong()) : "",
          ran ? number("%.2f", r.coherence()) : "",
          number("%.2f", r.score()));
    }
    terminal.print(table);
    reports.forEach(
        r -> r.failure().ifPresent(f -> out.println(r.model().name() + " failed: " + f)));
    if (explain) {
      out.println();
      out.println(TestReport.FORMULA);
    }
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private void keep(TestReport report, Map<String, Object> object) {
    String name =
        "benchmark_%s_%s.json".formatted(LocalDateTime.now().format(STAMP), report.model().name());
    try {
      Files.createDirectories(output);
      try (PrintStream file =
          new PrintStream(
              Files.newOutputStream(output.resolve(name)), false, StandardCharsets.UTF_8)) {
        JsonOutput.print(file, object);
        if (file.checkError()) {
          throw new IOException("the disk may be full");
        }
      }
    } catch (IOException e) {
      terminal
          .err()
          .println(
              "note: the result is not kept: cannot write %s: %s"
                  .formatted(output.resolve(name), e.getMessage()));
    }
  }

  private static Map<String, Object> json(FoundModel model) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", model.name());
    object.put("path", model.path().toString());
    object.put("method", model.method());
    object.put("format", model.format());
    object.put("architecture", model.architecture());
    object.put("bytes", model.bytes());
    object.put("files", model.files());
    model.problem().ifPresent(p -> object.put("problem", p));
    return object;
  }

  private static Map<String, Object> json(TestReport report) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("model", json(report.model()));
    object.put("passed", report.passed());
    report.failure().ifPresent(f -> object.put("failure", f));
    object.put("runtime", report.runtime());
    object.put("loadSeconds", report.loadSeconds());
    report.peakBytes().ifPresent(b -> object.put("peakBytes", b));
    object.put("firstTextSeconds", report.median(TestReport.Answer::firstTextSeconds));
    object.put("tokensPerSecond", report.median(TestReport.Answer::tokensPerSecond));
    object.put("promptTokensPerSecond", report.median(TestReport.Answer::promptTokensPerSecond));
    object.put("coherence", report.coherence());
    object.put("diversity", report.diversity());
    object.put("score", report.score());
    object.put("answers", report.answers().stream().map(TestCommand::json).toList());
    return object;
  }

  private static Map<String, Object> json(TestReport.Answer answer) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("category", answer.prompt().category());
    object.put("prompt", answer.prompt().text());
    object.put("text", answer.text());
    object.put("tokens", answer.tokens());
    object.put("firstTextSeconds", answer.firstTextSeconds());
    object.put("tokensPerSecond", answer.tokensPerSecond());
    object.put("promptTokensPerSecond", answer.promptTokensPerSecond());
    object.put("words", answer.measures().words());
    object.put("distinct1", answer.measures().distinct1());
    object.put("distinct2", answer.measures().distinct2());
    object.put("repetition", answer.measures().repetition());
    object.put("malformed", answer.measures().malformed());
    return object;
  }
}
