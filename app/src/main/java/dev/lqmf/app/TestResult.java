package dev.lqmf.app;

import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.feedback.HeldOut;
import dev.lqmf.factory.feedback.Speed;
import dev.lqmf.factory.feedback.Spread;
import dev.lqmf.factory.feedback.TestReport;
import dev.lqmf.factory.feedback.TestReport.Answer;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What {@code lqmf test} prints for people.
 *
 * @param reports one for each model
 * @param explain whether to print how the scores come about
 */
record TestResult(Terminal terminal, List<TestReport> reports, boolean explain) {
  private static final int SAMPLES = 2;
  private static final int SAMPLE = 200;

  void print() {
    reports.forEach(this::samples);
    terminal.print(times());
    if (reports.stream().anyMatch(r -> !r.answers().isEmpty())) {
      terminal.out().println();
      terminal.print(texts());
    }
    PrintStream out = terminal.out();
    for (TestReport report : reports) {
      report
          .reason()
          .ifPresent(
              r -> out.println(report.model().name() + " " + report.outcome().label() + ": " + r));
      report.notes().forEach(n -> out.println("note: " + report.model().name() + ": " + n));
    }
    if (explain) {
      out.println();
      out.println(TestReport.FORMULA);
    }
  }

  private void samples(TestReport report) {
    if (report.answers().isEmpty()) {
      return;
    }
    PrintStream out = terminal.out();
    Style style = terminal.outStyle();
    out.println(style.bold(report.model().name()));
    report.answers().stream().limit(SAMPLES).forEach(a -> sample(out, style, a));
    out.println();
  }

  private static void sample(PrintStream out, Style style, Answer answer) {
    String text = answer.failure().orElse(answer.text()).strip().replaceAll("\\s+", " ");
    out.println(style.dim(shortened(answer.prompt().text())));
    out.println("  " + shortened(text));
  }

  private static String shortened(String text) {
    return text.length() > SAMPLE ? text.substring(0, SAMPLE) + "…" : text;
  }

  private Table times() {
    Table table =
        new Table(
            "model", "result", ">load", ">first", ">read/s", ">write/s", ">peak", ">mean", ">cpu");
    for (TestReport r : reports) {
      boolean ran = !r.answers().isEmpty();
      table.row(
          r.model().name(),
          r.outcome().label(),
          ran ? number("%.1f s", r.loadSeconds()) : "",
          ran ? number("%.0f ms", 1000 * r.firstTextSeconds()) : "",
          ran ? number("%.0f", r.promptTokensPerSecond()) : "",
          ran
              ? r.speed()
                  .map(TestResult::spread)
                  .orElseGet(() -> number("%.0f", r.tokensPerSecond()))
              : "",
          bytes(r.resources().peakBytes()),
          bytes(r.resources().meanBytes()),
          use(r.resources().processorUse()));
    }
    return table;
  }

  /** The median, and between which the runs are. */
  private static String spread(Speed speed) {
    Spread s = speed.decode();
    return String.format(Locale.ROOT, "%.0f (%.0f … %.0f)", s.median(), s.min(), s.max());
  }

  private static String bytes(OptionalLong bytes) {
    return bytes.isPresent() ? Units.bytes(bytes.getAsLong()) : "";
  }

  private static String use(OptionalDouble share) {
    return share.isPresent() ? number("%.0f %%", 100 * share.getAsDouble()) : "";
  }

  private Table texts() {
    Table table =
        new Table(
            "model",
            ">coherence",
            ">diversity",
            ">score",
            ">ROUGE-L",
            ">perplexity",
            ">prediction",
            ">fidelity");
    for (TestReport r : reports) {
      if (!r.answers().isEmpty()) {
        table.row(
            r.model().name(),
            Units.decimal(r.coherence()),
            Units.decimal(r.diversity()),
            Units.decimal(r.score()),
            r.rouge().isPresent() ? Units.decimal(r.rouge().getAsDouble()) : "",
            r.heldOut().map(TestResult::perplexity).orElse(""),
            r.heldOut().map(h -> Units.decimal(h.prediction())).orElse(""),
            r.heldOut()
                .flatMap(HeldOut::closeness)
                .map(c -> Units.decimal(c.sameTop()))
                .orElse(""));
      }
    }
    return table;
  }

  private static String perplexity(HeldOut heldOut) {
    return number("%.4g", heldOut.perplexity()) + number(" ±%.2g", heldOut.error());
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
