package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.eval.Estimate;
import dev.lqmf.factory.eval.EvalReport;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Prints what a measurement found. */
final class EvalResult {
  private static final String BEST = " *";
  private static final String OTHER = "  ";

  private final Terminal terminal;
  private final EvalReport report;

  EvalResult(Terminal terminal, EvalReport report) {
    this.terminal = terminal;
    this.report = report;
  }

  /** One table, the best of each column marked. */
  void print() {
    PrintStream out = terminal.out();
    boolean compared = report.baseline().isPresent() && report.results().size() > 1;
    List<String> titles =
        new ArrayList<>(List.of("model", "type", ">size", ">perplexity", "± error"));
    if (compared) {
      titles.addAll(
          List.of(">mean KLD", "± error", ">median KLD", ">99 % KLD", ">same top", "± error"));
    }
    Table table = new Table(titles.toArray(String[]::new));
    for (int i = 0; i < report.results().size(); i++) {
      table.row(row(i, compared).toArray(String[]::new));
    }
    terminal.print(table);
    Style style = terminal.outStyle();
    out.println();
    EvalReport.Result first = report.results().getFirst();
    out.println(
        style.dim(
            "%s, %s: %,d windows of %d tokens, %,d predictions"
                .formatted(
                    report.text(),
                    report.protocol().label(),
                    first.windows(),
                    report.window(),
                    first.predictions())));
    if (compared) {
      out.println(
          style.dim(
              "KLD: divergence from %s in nats; below %s it is noise"
                  .formatted(
                      report.results().get(report.baseline().getAsInt()).name(),
                      small(report.noiseFloor().orElse(0)))));
    }
    if (report.results().size() > 1) {
      out.println(style.dim(marks()));
    }
    ties().forEach(tie -> out.println(style.dim(tie)));
  }

  private String marks() {
    return report.best().perplexity().isEmpty()
        ? "*: best of its column. Perplexities do not compare: the models cut the text differently"
        : "*: best of its column, or not to be told from it within the error";
  }

  private List<String> ties() {
    List<String> lines = new ArrayList<>();
    columns()
        .forEach(
            (name, best) -> {
              if (best.size() > 1 && !name.equals("size")) {
                lines.add(
                    "tie in %s: %s"
                        .formatted(
                            name,
                            best.stream()
                                .map(i -> label(report.results().get(i)))
                                .collect(Collectors.joining(", "))));
              }
            });
    return lines;
  }

  private String label(EvalReport.Result result) {
    return report.results().stream().filter(r -> r.format().equals(result.format())).count() == 1
        ? result.format()
        : result.name();
  }

  private Map<String, Set<Integer>> columns() {
    EvalReport.Best best = report.best();
    Map<String, Set<Integer>> columns = new LinkedHashMap<>();
    columns.put("size", best.size());
    columns.put("perplexity", best.perplexity());
    columns.put("mean KLD", best.mean());
    columns.put("median KLD", best.median());
    columns.put("99 % KLD", best.percentile99());
    columns.put("same top", best.sameTop());
    return columns;
  }

  private List<String> row(int index, boolean compared) {
    EvalReport.Result result = report.results().get(index);
    EvalReport.Best best = report.best();
    List<String> cells =
        new ArrayList<>(
            List.of(
                result.name(),
                result.format(),
                marked(Units.bytes(result.bytes()), best.size(), index),
                marked(perplexity(result.perplexity().value()), best.perplexity(), index),
                perplexity(result.perplexity().error())));
    if (compared) {
      Optional<EvalReport.Divergence> divergence = result.divergence();
      if (divergence.isPresent()) {
        EvalReport.Divergence d = divergence.get();
        cells.addAll(
            List.of(
                marked(small(d.mean().value()), best.mean(), index),
                small(d.mean().error()),
                marked(small(d.median()), best.median(), index),
                marked(small(d.percentile99()), best.percentile99(), index),
                marked(percent(d.sameTop().value()), best.sameTop(), index),
                percent(d.sameTop().error())));
      } else {
        cells.addAll(List.of("baseline" + OTHER, "", "", "", "", ""));
      }
    }
    return cells;
  }

  private String marked(String text, Set<Integer> best, int index) {
    return text + (best.contains(index) ? BEST : OTHER);
  }

  private static String perplexity(double value) {
    return String.format(Locale.ROOT, value < 1000 ? "%.4f" : "%.1f", value);
  }

  /** Divergences span many orders of magnitude. */
  private static String small(double value) {
    return value == 0 || Math.abs(value) >= 1e-4
        ? String.format(Locale.ROOT, "%.5f", value)
        : String.format(Locale.ROOT, "%.1e", value);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  /** All that the table has, and more digits. */
  void printJson() {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("text", report.text());
    object.put("protocol", report.protocol().label());
    object.put("window", report.window());
    report.baseline().ifPresent(b -> object.put("baseline", report.results().get(b).input()));
    report.noiseFloor().ifPresent(floor -> object.put("noise_floor", floor));
    List<Object> models = new ArrayList<>();
    for (int i = 0; i < report.results().size(); i++) {
      models.add(json(i));
    }
    object.put("models", models);
    JsonOutput.print(terminal.out(), object);
  }

  private Map<String, Object> json(int index) {
    EvalReport.Result result = report.results().get(index);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", result.input());
    fields.put("name", result.name());
    fields.put("type", result.format());
    fields.put("bytes", result.bytes());
    fields.put("windows", result.windows());
    fields.put("predictions", result.predictions());
    put(fields, "perplexity", result.perplexity());
    result
        .divergence()
        .ifPresent(
            d -> {
              put(fields, "kl_divergence", d.mean());
              fields.put("kl_divergence_median", d.median());
              fields.put("kl_divergence_99", d.percentile99());
              fields.put("kl_divergence_max", d.max());
              put(fields, "same_top", d.sameTop());
              put(fields, "log_perplexity_ratio", d.logRatio());
            });
    fields.put("seconds", result.seconds());
    fields.put(
        "best_of",
        columns().entrySet().stream()
            .filter(column -> column.getValue().contains(index))
            .map(Map.Entry::getKey)
            .toList());
    return fields;
  }

  private static void put(Map<String, Object> fields, String name, Estimate estimate) {
    fields.put(name, estimate.value());
    fields.put(name + "_error", estimate.error());
  }
}
