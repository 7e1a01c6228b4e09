package dev.lqmf.app;

import dev.lqmf.app.output.ProgressBar;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.JobPlan;
import dev.lqmf.factory.OutputPlan;
import dev.lqmf.torch.gptq.LayerReport;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Shows a running job on standard error: a bar on a terminal, else a line for every tenth of the
 * work.
 */
final class QuantizeProgress implements Consumer<JobEvent> {
  private static final int PLAIN_STEPS = 10;

  private final Terminal terminal;
  private final PrintStream err;
  private final Optional<ProgressBar> bar;
  private final List<LayerReport> layers = new ArrayList<>();
  private Optional<JobPlan> plan = Optional.empty();

  /** What {@link #began} and {@link #stepsShown} belong to: a file, or the quantization. */
  private String phase = "";

  private long began;
  private int stepsShown;

  QuantizeProgress(Terminal terminal) {
    this.terminal = terminal;
    err = terminal.err();
    bar =
        terminal.errIsTerminal() && terminal.animated()
            ? Optional.of(new ProgressBar(terminal))
            : Optional.empty();
  }

  /** The plan, once the job has made it. */
  Optional<JobPlan> plan() {
    return plan;
  }

  @Override
  public void accept(JobEvent event) {
    switch (event) {
      case JobEvent.Fetching _ -> {}
      case JobEvent.Downloading d ->
          show("downloading " + d.file(), d.bytesDone(), d.bytesTotal(), d.file());
      case JobEvent.Calibrating c ->
          show("calibrating", c.blocksDone(), c.blocks(), "block " + (c.blocksDone() + 1));
      case JobEvent.Notice n -> notice(n.text());
      case JobEvent.Planned p -> planned(p.plan());
      case JobEvent.Quantizing q -> show("quantizing", q.bytesDone(), q.bytesTotal(), q.tensor());
      case JobEvent.LayerQuantized l -> layer(l.layer());
      case JobEvent.Testing t -> testing(t.directory());
      case JobEvent.OutputFinished _, JobEvent.Finished _, JobEvent.Tested _, JobEvent.Failed _ ->
          clear();
    }
  }

  /** The layers that were quantized with calibration, in order. */
  List<LayerReport> layers() {
    return List.copyOf(layers);
  }

  private void testing(Path directory) {
    clear();
    bar.ifPresent(line -> line.show("testing " + directory.getFileName()));
  }

  private void layer(LayerReport report) {
    layers.add(report);
    clear();
    err.println(LayerTable.line(report));
    err.flush();
  }

  /** Says something that a person may want to know. */
  void notice(String text) {
    clear();
    terminal.note(text);
  }

  private void planned(JobPlan made) {
    clear();
    plan = Optional.of(made);
    err.println(
        made.model()
            + ": "
            + made.architecture()
            + ", "
            + Units.count(made.elements())
            + " weights, "
            + Units.bytes(made.inputBytes()));
    made.notes().forEach(n -> terminal.note(n));
    for (OutputPlan output : made.outputs()) {
      output.warnings().forEach(w -> terminal.note(output.type() + ": " + w));
    }
    err.flush();
  }

  private void show(String what, long done, long total, String detail) {
    if (!what.equals(phase)) {
      phase = what;
      began = System.nanoTime();
      stepsShown = 0;
    }
    if (bar.isPresent()) {
      bar.get().show(done, total, Duration.ofNanos(System.nanoTime() - began), detail);
    } else if (total > 0) {
      int step = (int) (PLAIN_STEPS * done / total);
      if (step > stepsShown) {
        stepsShown = step;
        err.println(what + ": " + 100 / PLAIN_STEPS * step + " % of " + Units.bytes(total));
        err.flush();
      }
    }
  }

  /** Removes the bar, so that other text can take its place. */
  void clear() {
    bar.ifPresent(ProgressBar::clear);
  }
}
