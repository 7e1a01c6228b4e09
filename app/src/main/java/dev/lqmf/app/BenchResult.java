package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.bench.BenchReport;
import dev.lqmf.factory.bench.Measured;
import dev.lqmf.factory.bench.Pareto;
import dev.lqmf.factory.bench.Recommendation;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/** Prints how variants compare. */
final class BenchResult {
  private final Terminal terminal;
  private final BenchReport report;
  private final Set<Integer> front;
  private final OptionalLong budget;

  /**
   * A result.
   *
   * @param budget bytes of memory for which to recommend a variant
   */
  BenchResult(Terminal terminal, BenchReport report, OptionalLong budget) {
    this.terminal = terminal;
    this.report = report;
    this.front = Pareto.front(report.rows());
    this.budget = budget;
  }

  /** Tables, chart and recommendation. */
  void print() {
    PrintStream out = terminal.out();
    Style style = terminal.outStyle();
    terminal.print(quality());
    out.println();
    terminal.print(cost());
    out.println();
    report
        .baseline()
        .ifPresent(
            b ->
                terminal.say(
                    style.dim(
                        "KLD in nats and same top against %s; ROUGE F1 against %s"
                            .formatted(
                                report.rows().get(b).name(),
                                report.references() ? "the references" : "its answers"))));
    if (front.size() > 1) {
      terminal.say(style.dim("*: nothing as small is nearer to the original"));
    }
    if (!front.isEmpty()) {
      out.println();
      new ParetoPlot(report).lines().forEach(out::println);
    }
    budget.ifPresent(
        bytes -> {
          out.println();
          terminal.say(reason(Recommendation.of(report, bytes), bytes));
        });
  }

  private Table quality() {
    Table table =
        new Table(
            "model",
            ">perplexity",
            ">KLD",
            ">same top",
            ">ROUGE-1",
            ">ROUGE-2",
            ">ROUGE-L",
            ">accuracy",
            ">per char");
    for (int i = 0; i < report.rows().size(); i++) {
      BenchReport.Row row = report.rows().get(i);
      Optional<Measured.Distance> distance = row.distance();
      Optional<BenchReport.RougeMeans> rouge = row.rouge();
      table.row(
          row.name() + (front.contains(i) ? " *" : ""),
          cell(row.predictions().map(p -> format("%.4f", p.perplexity().value()))),
          cell(distance.map(d -> format("%.3g", d.divergence().value()))),
          cell(distance.map(d -> Units.percent(d.sameTop().value()))),
          cell(rouge.map(r -> format("%.3f", r.one()))),
          cell(rouge.map(r -> format("%.3f", r.two()))),
          cell(rouge.map(r -> format("%.3f", r.longest()))),
          cell(row.accuracy().map(a -> Units.percent(a.plain().value()))),
          cell(row.accuracy().map(a -> Units.percent(a.normalized().value()))));
    }
    return table;
  }

  private Table cost() {
    Table table =
        new Table(
            "model",
            "type",
            ">size",
            ">bits/weight",
            ">tokens/s",
            ">prompt tokens/s",
            ">load",
            ">memory",
            "runtime");
    for (BenchReport.Row row : report.rows()) {
      Optional<Measured.Speed> speed = row.speed();
      table.row(
          row.name(),
          row.format(),
          Units.bytes(row.fileBytes()),
          Units.decimal(row.bitsPerWeight()),
          cell(speed.map(s -> format("%.1f", s.decode()))),
          cell(speed.map(s -> format("%.0f", s.prompt()))),
          cell(speed.map(s -> format("%.1f s", s.loadSeconds()))),
          cell(
              speed.flatMap(
                  s ->
                      s.memory().isPresent()
                          ? Optional.of(Units.bytes(s.memory().getAsLong()))
                          : Optional.empty())),
          cell(speed.map(Measured.Speed::runtime)));
    }
    return table;
  }

  private String reason(Recommendation recommendation, long bytes) {
    if (recommendation.row().isEmpty()) {
      return recommendation.needed() == 0
          ? "no recommendation: nothing was compared with a baseline"
          : "nothing fits into %s: the smallest needs %s with a context of %,d tokens"
              .formatted(
                  Units.bytes(bytes),
                  Units.bytes(recommendation.needed()),
                  recommendation.context());
    }
    BenchReport.Row row = report.rows().get(recommendation.row().getAsInt());
    String others =
        recommendation.equals().isEmpty()
            ? ""
            : "; %s cannot be told from it, but need more"
                .formatted(
                    recommendation.equals().stream()
                        .map(i -> report.rows().get(i).format())
                        .collect(Collectors.joining(", ")));
    return "for %s: %s, of what fits the nearest to the original (KLD %s); it needs %s with keys and values of %,d tokens%s"
        .formatted(
            Units.bytes(bytes),
            row.name(),
            format("%.3g", row.distance().orElseThrow().divergence().value()),
            Units.bytes(recommendation.needed()),
            recommendation.context(),
            others);
  }

  private static String cell(Optional<String> text) {
    return text.orElse("–");
  }

  private static String format(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }

  /** What changed since the results that are stored. */
  void printChanges(double threshold) {
    Table table = new Table("model", "figure", ">stored", ">now", ">change", "");
    for (BenchReport.Row row : report.rows()) {
      for (BenchReport.Change change : row.changes()) {
        table.row(
            row.name(),
            change.figure(),
            format("%.6g", change.before()),
            format("%.6g", change.now()),
            format("%+.2f %%", 100 * (change.now() / change.before() - 1)),
            change.worse() > threshold ? "worse" : "");
      }
    }
    terminal.print(table);
  }

  /** All that the tables have, and more digits. */
  void printJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    report.baseline().ifPresent(b -> object.put("baseline", report.rows().get(b).name()));
    List<Object> models = new ArrayList<>();
    for (int i = 0; i < report.rows().size(); i++) {
      models.add(json(report.rows().get(i), front.contains(i)));
    }
    object.put("models", models);
    budget.ifPresent(
        bytes -> {
          Recommendation recommendation = Recommendation.of(report, bytes);
          recommendation
              .row()
              .ifPresent(r -> object.put("recommended", report.rows().get(r).name()));
          object.put("reason", reason(recommendation, bytes));
        });
    JsonOutput.print(terminal.out(), object);
  }

  private static Map<String, Object> json(BenchReport.Row row, boolean onFront) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", row.name());
    fields.put("identity", row.identity());
    fields.put("type", row.format());
    fields.put("bytes", row.bytes());
    fields.put("file_bytes", row.fileBytes());
    fields.put("bits_per_weight", row.bitsPerWeight());
    fields.put("pareto", onFront);
    row.predictions().ifPresent(p -> fields.put("perplexity", p.perplexity().value()));
    row.distance()
        .ifPresent(
            d -> {
              fields.put("kl_divergence", d.divergence().value());
              fields.put("kl_divergence_error", d.divergence().error());
              fields.put("same_top", d.sameTop().value());
            });
    row.rouge()
        .ifPresent(
            r -> {
              fields.put("rouge1", r.one());
              fields.put("rouge2", r.two());
              fields.put("rougeL", r.longest());
            });
    row.accuracy()
        .ifPresent(
            a -> {
              fields.put("accuracy", a.plain().value());
              fields.put("accuracy_error", a.plain().error());
              fields.put("accuracy_normalized", a.normalized().value());
              fields.put("questions", a.questions());
            });
    row.speed()
        .ifPresent(
            s -> {
              fields.put("runtime", s.runtime());
              fields.put("tokens_per_second", s.decode());
              fields.put("prompt_tokens_per_second", s.prompt());
              fields.put("load_seconds", s.loadSeconds());
              s.memory().ifPresent(m -> fields.put("memory_bytes", m));
            });
    Map<String, Object> failures = new LinkedHashMap<>();
    row.failures().forEach((m, reason) -> failures.put(m.label(), reason));
    fields.put("failures", failures);
    fields.put("changes", row.changes().stream().map(BenchResult::json).toList());
    return fields;
  }

  private static Map<String, Object> json(BenchReport.Change change) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("figure", change.figure());
    fields.put("stored", change.before());
    fields.put("now", change.now());
    fields.put("worse_by", change.worse());
    return fields;
  }
}
