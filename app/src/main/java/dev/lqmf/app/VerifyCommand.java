package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.doctor.Comparison;
import dev.lqmf.factory.doctor.Diagnosis;
import dev.lqmf.factory.doctor.Doctor;
import dev.lqmf.factory.doctor.Finding;
import dev.lqmf.factory.doctor.Health;
import dev.lqmf.factory.doctor.MendedCopy;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf verify}: tells whether a model is sound. */
@Command(
    name = "verify",
    header = "Tells whether a model is sound, and writes a mended copy where it can.",
    description = {
      "%nLooks at structure, sizes, numbers, configuration, tokenizer, and at what a pass over some"
          + " tokens gives. Nothing is ever changed in place.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      "0:healthy, or a mended copy was written",
      "1:the check itself failed",
      "2:the command line is wrong",
      "3:repairable",
      "4:broken"
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf verify docs-llama-4m_gguf_Q4_K_M --against examples/models/docs-llama-4m",
      "  lqmf verify some-gptq-model --repair --output some-gptq-model-mended"
    })
final class VerifyCommand implements Callable<Integer> {
  private static final int NAMED_OUTLIERS = 10;

  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      paramLabel = "PATH",
      description =
          "A GGUF file, a directory with a GPTQ, bitsandbytes or plain checkpoint, or a result's"
              + " name under quantized-models.")
  String path = "";

  @Option(
      names = "--against",
      paramLabel = "MODEL",
      description = "Compare every tensor with this model's, as a rule the unquantized one.")
  @Nullable String against;

  @Option(names = "--repair", description = "Write a mended copy, if what is wrong can be mended.")
  boolean repair;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "PATH",
      description = "Where the mended copy goes (default: beside the original, -repaired).")
  @Nullable Path output;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  VerifyCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    ModelFinder finder = new ModelFinder(workplace.results());
    Path model = finder.fileOrCheckpoint(path);
    Optional<Path> original =
        against == null ? Optional.empty() : Optional.of(finder.fileOrCheckpoint(against));
    Diagnosis diagnosis = Doctor.examine(model, original, _ -> {});
    Optional<Path> copy = Optional.empty();
    if (repair && diagnosis.health() == Health.REPAIRABLE) {
      copy = Optional.of(output == null ? beside(model) : output);
      MendedCopy.write(diagnosis, copy.get());
    }
    if (json) {
      printJson(diagnosis, copy);
    } else {
      print(diagnosis, copy);
    }
    return copy.isPresent() ? Health.HEALTHY.exitStatus() : diagnosis.health().exitStatus();
  }

  private static Path beside(Path model) {
    String name = String.valueOf(model.toAbsolutePath().normalize().getFileName());
    int suffix =
        name.toLowerCase(Locale.ROOT).endsWith(".gguf") ? name.length() - 5 : name.length();
    return model
        .toAbsolutePath()
        .normalize()
        .resolveSibling(name.substring(0, suffix) + "-repaired" + name.substring(suffix));
  }

  private void print(Diagnosis diagnosis, Optional<Path> copy) {
    PrintStream out = terminal.out();
    out.println(terminal.outStyle().bold(diagnosis.path().toString()));
    if (!diagnosis.format().isEmpty()) {
      out.println(diagnosis.format() + ", " + Units.bytes(diagnosis.bytes()));
    }
    out.println();
    Table table = new Table("check", "", "found");
    for (Finding finding : diagnosis.findings()) {
      table.row(finding.check(), label(finding), finding.text());
    }
    terminal.print(table);
    diagnosis.comparison().ifPresent(this::print);
    out.println(terminal.outStyle().bold(diagnosis.health().label()));
    copy.ifPresent(c -> out.println("mended copy: " + c));
  }

  private static Map<String, Object> json(Finding finding) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("check", finding.check());
    object.put("severity", label(finding));
    object.put("text", finding.text());
    return object;
  }

  private static String label(Finding finding) {
    return finding.severity().name().toLowerCase(Locale.ROOT);
  }

  private void print(Comparison comparison) {
    PrintStream out = terminal.out();
    out.printf(
        "against %s: %d tensors, relative error %.4f in the median, %.4f at most%n",
        comparison.origin(),
        comparison.tensors().size(),
        comparison.median(),
        comparison.largest());
    List<Comparison.TensorError> outliers = comparison.outliers();
    if (!outliers.isEmpty()) {
      Table table = new Table("outlier", "weights", "relative error");
      outliers.stream()
          .limit(NAMED_OUTLIERS)
          .forEach(
              o -> table.row(o.name(), Units.count(o.elements()), "%.4f".formatted(o.relative())));
      terminal.print(table);
      if (outliers.size() > NAMED_OUTLIERS) {
        out.println("and " + (outliers.size() - NAMED_OUTLIERS) + " more");
      }
    }
    if (!comparison.missing().isEmpty()) {
      out.println("not there: " + String.join(", ", comparison.missing()));
    }
    out.println();
  }

  private void printJson(Diagnosis diagnosis, Optional<Path> copy) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("path", diagnosis.path().toString());
    object.put("format", diagnosis.format());
    object.put("bytes", diagnosis.bytes());
    object.put("health", diagnosis.health().label());
    object.put("findings", diagnosis.findings().stream().map(VerifyCommand::json).toList());
    diagnosis
        .comparison()
        .ifPresent(
            c -> {
              Map<String, Object> comparison = new LinkedHashMap<>();
              comparison.put("against", c.origin());
              comparison.put("median", c.median());
              comparison.put("largest", c.largest());
              comparison.put("tensors", c.tensors().stream().map(VerifyCommand::json).toList());
              comparison.put("outliers", c.outliers().stream().map(o -> o.name()).toList());
              comparison.put("missing", c.missing());
              object.put("comparison", comparison);
            });
    copy.ifPresent(c -> object.put("mendedCopy", c.toString()));
    JsonOutput.print(terminal.out(), object);
  }

  private static Map<String, Object> json(Comparison.TensorError error) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", error.name());
    object.put("elements", error.elements());
    object.put("relativeError", error.relative());
    return object;
  }
}
