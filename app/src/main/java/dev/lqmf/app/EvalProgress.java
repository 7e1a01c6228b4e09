package dev.lqmf.app;

import dev.lqmf.app.output.ProgressBar;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.eval.EvalEvent;
import dev.lqmf.factory.eval.EvalReport;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/** Shows how a measurement goes on: a bar on a terminal, else a line for every tenth. */
final class EvalProgress implements Consumer<EvalEvent> {
  private static final int PLAIN_STEPS = 10;

  private final PrintStream err;
  private final QuantizeProgress finding;
  private final Optional<ProgressBar> bar;
  private long began;
  private int stepsShown;

  EvalProgress(Terminal terminal) {
    err = terminal.err();
    finding = new QuantizeProgress(terminal);
    bar =
        terminal.errIsTerminal() && terminal.animated()
            ? Optional.of(new ProgressBar(terminal, "tokens"))
            : Optional.empty();
  }

  @Override
  public void accept(EvalEvent event) {
    if (Thread.currentThread().isInterrupted()) { // by the prompt
      throw new CancellationException("cancelled");
    }
    switch (event) {
      case EvalEvent.Finding f -> finding.accept(f.event());
      case EvalEvent.Cut c -> {
        clear();
        err.println("%s: %,d windows of %d tokens".formatted(c.text(), c.windows(), c.length()));
        err.flush();
        began = System.nanoTime();
      }
      case EvalEvent.Measuring m -> show(m);
      case EvalEvent.Measured m -> measured(m.result());
    }
  }

  /** Says something that a person may want to know. */
  void notice(String text) {
    clear();
    finding.notice(text);
  }

  private void show(EvalEvent.Measuring m) {
    if (bar.isPresent()) {
      bar.get()
          .show(
              m.tokensDone(),
              m.tokensTotal(),
              Duration.ofNanos(System.nanoTime() - began),
              "%s %s".formatted(perplexity(m.perplexity()), m.model()));
      return;
    }
    int step = (int) (PLAIN_STEPS * m.tokensDone() / m.tokensTotal());
    if (step > stepsShown) {
      stepsShown = step;
      err.println(
          "measuring: %d %% of %,d tokens".formatted(100 / PLAIN_STEPS * step, m.tokensTotal()));
      err.flush();
    }
  }

  private void measured(EvalReport.Result result) {
    if (bar.isEmpty()) {
      err.println(
          "%s: perplexity %s".formatted(result.name(), perplexity(result.perplexity().value())));
      err.flush();
    }
  }

  private static String perplexity(double value) {
    return String.format(Locale.ROOT, value < 1000 ? "%.3f" : "%.0f", value);
  }

  /** Removes the bar, so that other text can take its place. */
  void clear() {
    finding.clear();
    bar.ifPresent(ProgressBar::clear);
  }
}
