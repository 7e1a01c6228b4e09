package dev.lqmf.app;

import dev.lqmf.app.output.ProgressBar;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.bench.BenchEvent;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** Shows how far a comparison is: a bar over the whole matrix, else a line for every cell. */
final class BenchProgress implements Consumer<BenchEvent> {
  private static final int STEPS = 10_000;

  private final Terminal terminal;
  private final QuantizeProgress finding;
  private final Optional<ProgressBar> bar;
  private long began;
  private int cells;
  private int finished;
  private boolean stored = true;

  BenchProgress(Terminal terminal) {
    this.terminal = terminal;
    finding = new QuantizeProgress(terminal);
    bar =
        terminal.errIsTerminal() && terminal.animated()
            ? Optional.of(new ProgressBar(terminal, "steps"))
            : Optional.empty();
  }

  @Override
  public void accept(BenchEvent event) {
    switch (event) {
      case BenchEvent.Finding f -> finding.accept(f.event());
      case BenchEvent.Planned p -> planned(p);
      case BenchEvent.Measuring m ->
          bar.ifPresent(
              b ->
                  b.show(
                      (long) (m.done() * STEPS),
                      STEPS,
                      Duration.ofNanos(System.nanoTime() - began),
                      m.measurement().label() + " of " + m.model()));
      case BenchEvent.Finished f -> {
        finished++;
        if (bar.isEmpty()) {
          say("%d of %d: %s of %s".formatted(finished, cells, f.measurement().label(), f.model()));
        }
      }
      case BenchEvent.NotStored n -> {
        stored = false;
        say("not stored for later: " + n.reason());
      }
      case BenchEvent.Failed f -> {
        finished++;
        say("%s of %s failed: %s".formatted(f.measurement().label(), f.model(), f.reason()));
      }
    }
  }

  private void planned(BenchEvent.Planned plan) {
    began = System.nanoTime();
    cells = plan.cells() - plan.stored();
    say("%d measurements, %d of them stored earlier".formatted(plan.cells(), plan.stored()));
  }

  /** Whether all that was measured is stored. */
  boolean allStored() {
    return stored;
  }

  /** Says something, above the bar. */
  void notice(String text) {
    say(text);
  }

  private void say(String text) {
    clear();
    terminal.complain("", text);
  }

  /** Removes the bar, so that other text can take its place. */
  void clear() {
    finding.clear();
    bar.ifPresent(ProgressBar::clear);
  }
}
