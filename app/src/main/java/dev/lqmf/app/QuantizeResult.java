package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.JobPlan;
import dev.lqmf.factory.OutputPlan;
import dev.lqmf.factory.OutputReport;
import dev.lqmf.factory.OutputReport.TypeTotal;
import dev.lqmf.factory.QuantizeReport;
import dev.lqmf.factory.TensorPlan;
import dev.lqmf.factory.feedback.HeldOut;
import dev.lqmf.factory.feedback.TestReport;
import dev.lqmf.torch.gptq.LayerReport;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * What {@code lqmf quantize} prints at the end.
 *
 * @param report what the job did
 * @param plan what it planned
 * @param layers those that were quantized with calibration
 * @param tests of new results, by their directories, for programs
 * @param dryRun whether it stopped there
 */
record QuantizeResult(
    QuantizeReport report,
    Optional<JobPlan> plan,
    List<LayerReport> layers,
    Map<Path, TestReport> tests,
    boolean dryRun) {

  /** For people. */
  void print(Terminal terminal) {
    PrintStream out = terminal.out();
    Style style = terminal.outStyle();
    if (dryRun) {
      plan.ifPresent(p -> printPlan(p, terminal));
      return;
    }
    for (OutputReport output : report.outputs()) {
      out.println();
      out.println(
          style.bold(output.directory().toString()) + (output.reused() ? "  (was complete)" : ""));
      for (Path file : output.files()) {
        out.println("  " + file.getFileName());
      }
      out.println(
          "  "
              + Units.bytes(output.modelBytes())
              + " of "
              + Units.bytes(report.inputBytes())
              + ": "
              + Units.decimal(ratio(output.modelBytes()))
              + "× smaller, "
              + Units.decimal(output.bitsPerWeight())
              + " bits per weight");
      out.println();
      terminal.print(typeTable(output.byType(), output.tensorBytes()));
    }
    if (!layers.isEmpty()) {
      out.println();
      terminal.print(LayerTable.byBlock(layers));
    }
    double seconds = Math.max(1e-3, report.elapsed().toNanos() / 1e9);
    out.println();
    out.println(
        "done in "
            + Units.duration(report.elapsed())
            + " ("
            + Units.rate(report.inputBytes() / seconds)
            + ", "
            + report.kernels()
            + " kernels, "
            + report.threads()
            + (report.threads() == 1 ? " thread)" : " threads)"));
  }

  /** What a test found, for people. */
  static String sentence(TestReport test, Style style) {
    String name = test.model().name();
    String reason = test.reason().orElse("");
    return switch (test.outcome()) {
      case PASSED ->
          "%s %s its test: ".formatted(name, style.green("passed"))
              + String.format(
                  Locale.ROOT,
                  "loads in %.1f s, writes %.0f tokens/s, score %.2f",
                  test.loadSeconds(),
                  test.tokensPerSecond(),
                  test.score())
              + test.heldOut()
                  .map(h -> String.format(Locale.ROOT, ", perplexity %.4g", h.perplexity()))
                  .orElse("")
              + test.heldOut()
                  .flatMap(HeldOut::closeness)
                  .map(c -> String.format(Locale.ROOT, ", fidelity %.2f", c.sameTop()))
                  .orElse("")
              + test.notes().stream().map(n -> "\nnote: " + n).collect(Collectors.joining());
      case FAILED -> "%s %s its test: ".formatted(name, style.red("FAILED")) + reason;
      case NOT_TESTED -> name + " is not tested: " + reason;
    };
  }

  private double ratio(long bytes) {
    return (double) report.inputBytes() / bytes;
  }

  private void printPlan(JobPlan planned, Terminal terminal) {
    PrintStream out = terminal.out();
    Style style = terminal.outStyle();
    List<OutputPlan> outputs = planned.outputs();
    String[] heads = new String[3 + outputs.size()];
    heads[0] = "tensor";
    heads[1] = "shape";
    heads[2] = "from";
    for (int o = 0; o < outputs.size(); o++) {
      heads[3 + o] = outputs.get(o).type();
    }
    Table table = new Table(heads);
    List<TensorPlan> tensors = outputs.getFirst().tensors();
    for (int i = 0; i < tensors.size(); i++) {
      TensorPlan tensor = tensors.get(i);
      String[] cells = new String[heads.length];
      cells[0] = tensor.name();
      cells[1] = tensor.shape().toString();
      cells[2] = tensor.from().name();
      for (int o = 0; o < outputs.size(); o++) {
        cells[3 + o] = outputs.get(o).tensors().get(i).to();
      }
      table.row(cells);
    }
    terminal.print(table);
    for (OutputPlan output : outputs) {
      out.println();
      out.println(
          style.bold(output.directory().toString())
              + ": "
              + Units.bytes(output.modelBytes())
              + ", "
              + Units.decimal(ratio(output.modelBytes()))
              + "× smaller, "
              + Units.decimal(bitsPerWeight(output, planned))
              + " bits per weight"
              + (output.done() ? " (complete already)" : ""));
      out.println();
      terminal.print(typeTable(OutputReport.byType(output.tensors()), tensorBytes(output)));
    }
    out.println();
    out.println("dry run: nothing was written");
  }

  private static long tensorBytes(OutputPlan output) {
    return output.tensors().stream().mapToLong(TensorPlan::bytes).sum();
  }

  private static double bitsPerWeight(OutputPlan output, JobPlan planned) {
    return 8.0 * tensorBytes(output) / planned.elements();
  }

  private static Table typeTable(Map<String, TypeTotal> totals, long bytes) {
    Table table = new Table("type", ">tensors", ">weights", ">size", ">share");
    totals.forEach(
        (type, total) ->
            table.row(
                type,
                Integer.toString(total.tensors()),
                Units.count(total.elements()),
                Units.bytes(total.bytes()),
                Units.percent((double) total.bytes() / bytes)));
    return table;
  }

  /** For programs: one object. */
  void printJson(PrintStream out) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("model", report.model());
    plan.ifPresent(p -> object.put("architecture", p.architecture()));
    object.put("origin", report.origin());
    object.put("input_bytes", report.inputBytes());
    plan.ifPresent(p -> object.put("elements", p.elements()));
    plan.ifPresent(p -> object.put("notes", p.notes()));
    object.put("dry_run", dryRun);
    object.put(
        "outputs",
        dryRun
            ? plan.stream().flatMap(p -> p.outputs().stream()).map(this::json).toList()
            : report.outputs().stream().map(this::json).toList());
    if (!layers.isEmpty()) {
      object.put("layers", layers.stream().map(LayerTable::json).toList());
    }
    object.put("kernels", report.kernels());
    object.put("threads", report.threads());
    object.put("seconds", report.elapsed().toNanos() / 1e9);
    JsonOutput.print(out, object);
  }

  private Map<String, Object> json(OutputReport output) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("type", output.type());
    object.put("directory", output.directory().toString());
    object.put("files", output.files().stream().map(Path::toString).toList());
    object.put("file_bytes", output.fileBytes());
    object.put("model_bytes", output.modelBytes());
    object.put("tensor_bytes", output.tensorBytes());
    object.put("bits_per_weight", output.bitsPerWeight());
    object.put("compression_ratio", ratio(output.modelBytes()));
    object.put("recipe", output.recipeHash());
    object.put("reused", output.reused());
    object.put("by_type", json(output.byType()));
    TestReport test = tests.get(output.directory());
    if (test != null) {
      object.put("test", json(test));
    }
    return object;
  }

  private static Map<String, Object> json(TestReport test) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("outcome", test.outcome().name().toLowerCase(Locale.ROOT));
    test.reason().ifPresent(r -> object.put("reason", r));
    if (!test.answers().isEmpty()) {
      object.put("runtime", test.runtime());
      object.put("load_seconds", test.loadSeconds());
      object.put("first_text_seconds", test.firstTextSeconds());
      object.put("tokens_per_second", test.tokensPerSecond());
      object.put("score", test.score());
      test.heldOut().ifPresent(h -> object.put("perplexity", h.perplexity()));
    }
    return object;
  }

  private Map<String, Object> json(OutputPlan output) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("type", output.type());
    object.put("directory", output.directory().toString());
    object.put("files", output.files().stream().map(f -> f.name()).toList());
    object.put("file_bytes", output.fileBytes());
    object.put("model_bytes", output.modelBytes());
    object.put("tensor_bytes", tensorBytes(output));
    object.put("compression_ratio", ratio(output.modelBytes()));
    object.put("recipe", output.recipeHash());
    object.put("complete", output.done());
    object.put("warnings", output.warnings());
    object.put("by_type", json(OutputReport.byType(output.tensors())));
    object.put("tensors", output.tensors().stream().map(QuantizeResult::json).toList());
    return object;
  }

  private static Map<String, Object> json(TensorPlan tensor) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", tensor.name());
    object.put("shape", LongStream.of(tensor.shape().toArray()).boxed().toList());
    object.put("from", tensor.from().name());
    object.put("to", tensor.to());
    object.put("bytes", tensor.bytes());
    return object;
  }

  private static Map<String, Object> json(Map<String, TypeTotal> totals) {
    Map<String, Object> object = new LinkedHashMap<>();
    totals.forEach((type, total) -> object.put(type, json(total)));
    return object;
  }

  private static Map<String, Object> json(TypeTotal total) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("tensors", total.tensors());
    object.put("elements", total.elements());
    object.put("bytes", total.bytes());
    return object;
  }
}
