package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.ModelCheck;
import dev.lqmf.model.CompatibilityReport;
import dev.lqmf.tensor.TensorInfo;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf check}: what can be made of a model. */
@Command(
    name = "check",
    header = "Tells what can be made of a model, how large it would be, and what would be lost.",
    description =
        "%nA model of a class that is not known is understood as far as its tensors tell. A model"
            + " on the Hugging Face Hub is downloaded first, as for quantizing it.%n",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf check examples/models/docs-llama-4m",
      "  lqmf check mistralai/Mistral-7B-v0.1",
      "  lqmf check my-model --json"
    })
final class CheckCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "A checkpoint directory, a GGUF file, or a Hugging Face id (org/name[@revision]).")
  String model = "";

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  CheckCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    QuantizeProgress progress = new QuantizeProgress(terminal);
    ModelCheck check;
    try {
      check = ModelCheck.of(workplace.model(model), workplace.outline(progress::notice), progress);
    } finally {
      progress.clear();
    }
    if (json) {
      printJson(check);
    } else {
      print(check);
    }
    return CommandLine.ExitCode.OK;
  }

  private static Map<String, CompatibilityReport.Method> methods(CompatibilityReport report) {
    Map<String, CompatibilityReport.Method> methods = new LinkedHashMap<>();
    methods.put("GGUF", report.gguf());
    methods.put("GPTQ", report.gptq());
    methods.put("bitsandbytes", report.bitsandbytes());
    return methods;
  }

  private static long storedBytes(CompatibilityReport report) {
    return report.tensors().stream().mapToLong(TensorInfo::byteSize).sum();
  }

  private void print(ModelCheck check) {
    PrintStream out = terminal.out();
    CompatibilityReport report = check.report();
    out.println(terminal.outStyle().bold(check.name()));
    out.println(
        (report.modelClass().isEmpty() ? "no model class named" : report.modelClass())
            + (report.isKnown() ? "" : ", which is not known")
            + ", "
            + Units.count(report.parameters())
            + " weights, "
            + Units.bytes(storedBytes(report))
            + " as stored");
    out.println();
    Table methods = new Table("method", "applies", "to what, or why not");
    methods(report).forEach((name, m) -> methods.row(name, m.applies() ? "yes" : "no", m.reason()));
    terminal.print(methods);
    if (!report.losses().isEmpty()) {
      out.println();
      out.println(terminal.outStyle().bold("What a GGUF loses"));
      Table losses = new Table("", "");
      report.losses().forEach(loss -> losses.row("-", loss));
      terminal.printBody(losses);
    }
    if (!check.sizes().isEmpty()) {
      out.println();
      Table sizes = new Table("method", "type", ">bits per weight", ">weights in memory");
      for (ModelCheck.Size size : check.sizes()) {
        sizes.row(
            size.method(),
            size.type(),
            Units.decimal(bitsPerWeight(report, size)),
            Units.bytes(size.bytes()));
      }
      terminal.print(sizes);
    }
  }

  private static double bitsPerWeight(CompatibilityReport report, ModelCheck.Size size) {
    long parameters = report.parameters();
    return parameters == 0 ? 0 : 8.0 * size.bytes() / parameters;
  }

  private void printJson(ModelCheck check) {
    CompatibilityReport report = check.report();
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("model", check.name());
    object.put("input", model);
    object.put("class", report.modelClass());
    object.put("family", report.family());
    object.put("known", report.isKnown());
    object.put("parameters", report.parameters());
    object.put("stored_bytes", storedBytes(report));
    Map<String, Object> methods = new LinkedHashMap<>();
    methods(report)
        .forEach(
            (name, method) -> {
              Map<String, Object> fields = new LinkedHashMap<>();
              fields.put("applies", method.applies());
              fields.put("reason", method.reason());
              methods.put(name.toLowerCase(Locale.ROOT), fields);
            });
    object.put("methods", methods);
    object.put("losses", report.losses());
    object.put(
        "sizes",
        check.sizes().stream()
            .map(
                size -> {
                  Map<String, Object> fields = new LinkedHashMap<>();
                  fields.put("method", size.method());
                  fields.put("type", size.type());
                  fields.put("bytes", size.bytes());
                  fields.put("bits_per_weight", bitsPerWeight(report, size));
                  return fields;
                })
            .toList());
    JsonOutput.print(terminal.out(), object);
  }
}
