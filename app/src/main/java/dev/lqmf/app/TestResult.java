package dev.lqmf.app;

import dev.lqmf.app.output.Style;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.feedback.HeldOut;
import dev.lqmf.factory.feedback.HeldOut.Closeness;
import dev.lqmf.factory.feedback.Resources;
import dev.lqmf.factory.feedback.Speed;
import dev.lqmf.factory.feedback.Spread;
import dev.lqmf.factory.feedback.TestReport;
import dev.lqmf.factory.feedback.TestReport.Answer;
import dev.lqmf.factory.machine.GpuUse;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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
    for (Table table : List.of(resources(), texts(), predictions())) {
      if (!table.isEmpty()) {
        terminal.out().println();
        terminal.print(table);
      }
    }
    PrintStream out = terminal.out();
    for (TestReport report : reports) {
      report
          .reason()
          .ifPresent(
              r -> terminal.say(report.model().name() + " " + report.outcome().label() + ": " + r));
      report.notes().forEach(n -> terminal.say("note: " + report.model().name() + ": " + n));
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
    report.answers().stream().limit(SAMPLES).forEach(a -> sample(style, a));
    out.println();
  }

  private void sample(Style style, Answer answer) {
    String text = answer.failure().orElse(answer.text()).strip().replaceAll("\\s+", " ");
    terminal.say(style.dim(shortened(answer.prompt().text().replaceAll("\\s+", " "))));
    terminal.say("  " + shortened(text));
  }

  private static String shortened(String text) {
    return text.length() > SAMPLE ? text.substring(0, SAMPLE) + "…" : text;
  }

  private Table times() {
    Table table = new Table("model", "result", ">load", ">first", ">read/s", ">write/s");
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
              : "");
    }
    return table;
  }

  /** Of the machine; of graphics cards only where there are any. */
  private Table resources() {
    boolean cards = reports.stream().anyMatch(r -> r.resources().gpu().isPresent());
    List<String> heads = new ArrayList<>(List.of("model", ">peak", ">mean", ">cpu"));
    if (cards) {
      heads.addAll(List.of(">gpu peak", ">gpu mean", ">gpu"));
    }
    Table table = new Table(heads.toArray(String[]::new));
    for (TestReport r : reports) {
      if (r.answers().isEmpty()) {
        continue;
      }
      Resources used = r.resources();
      List<String> cells =
          new ArrayList<>(
              List.of(
                  r.model().name(),
                  bytes(used.peakBytes()),
                  bytes(used.meanBytes()),
                  use(used.processorUse())));
      if (cards) {
        cells.add(bytes(used.gpu().map(GpuUse::peakBytes).orElse(OptionalLong.empty())));
        cells.add(bytes(used.gpu().map(GpuUse::meanBytes).orElse(OptionalLong.empty())));
        cells.add(use(used.gpu().map(GpuUse::busiest).orElse(OptionalDouble.empty())));
      }
      table.row(cells.toArray(String[]::new));
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

  /** What can be said of the answers, and of how they compare with the baseline's. */
  private Table texts() {
    boolean compared = reports.stream().anyMatch(r -> r.rouge().isPresent());
    List<String> heads = new ArrayList<>(List.of("model", ">coherence", ">diversity", ">score"));
    if (compared) {
      heads.addAll(List.of(">ROUGE-L", ">own"));
    }
    Table table = new Table(heads.toArray(String[]::new));
    for (TestReport r : reports) {
      if (r.answers().isEmpty()) {
        continue;
      }
      List<String> cells =
          new ArrayList<>(
              List.of(
                  r.model().name(),
                  Units.decimal(r.coherence()),
                  Units.decimal(r.diversity()),
                  Units.decimal(r.score())));
      if (compared) {
        cells.add(r.rouge().isPresent() ? Units.decimal(r.rouge().getAsDouble()) : "");
        OptionalDouble own =
            r.heldOut()
                .flatMap(HeldOut::closeness)
                .map(Closeness::selfPerplexity)
                .orElse(OptionalDouble.empty());
        cells.add(own.isPresent() ? number("%.4g", own.getAsDouble()) : "");
      }
      table.row(cells.toArray(String[]::new));
    }
    return table;
  }

  /** How well they predict a text. */
  private Table predictions() {
    boolean compared =
        reports.stream().anyMatch(r -> r.heldOut().flatMap(HeldOut::closeness).isPresent());
    List<String> heads = new ArrayList<>(List.of("model", ">perplexity", ">prediction"));
    if (compared) {
      heads.addAll(List.of(">fidelity", ">KLD"));
    }
    Table table = new Table(heads.toArray(String[]::new));
    for (TestReport r : reports) {
      if (r.heldOut().isEmpty()) {
        continue;
      }
      HeldOut heldOut = r.heldOut().get();
      List<String> cells =
          new ArrayList<>(
              List.of(r.model().name(), perplexity(heldOut), Units.decimal(heldOut.prediction())));
      if (compared) {
        Optional<Closeness> close = heldOut.closeness();
        cells.add(close.map(c -> Units.decimal(c.sameTop())).orElse(""));
        cells.add(close.map(c -> number("%.3g", c.divergence())).orElse(""));
      }
      table.row(cells.toArray(String[]::new));
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
