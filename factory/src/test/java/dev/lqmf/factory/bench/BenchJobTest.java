package dev.lqmf.factory.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.factory.ModelDownload;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchJobTest {
  private static final Path EXAMPLE = Path.of("..", "examples", "models", "docs-llama-4m");
  private static final ModelDownload NOTHING =
      (model, _) -> {
        throw new IOException("no download of " + model);
      };

  @TempDir Path directory;
  private final List<BenchEvent> events = new ArrayList<>();

  private BenchJob job(Consumer<BenchEvent> listener) {
    return new BenchJob(
        new BenchRequest(
            List.of(EXAMPLE.toString()),
            Optional.empty(),
            Optional.empty(),
            1024,
            Optional.empty(),
            Optional.empty(),
            false,
            EnumSet.of(Measurement.ACCURACY, Measurement.SPEED, Measurement.ANSWERS),
            false,
            TorchOptions.DEFAULTS),
        NOTHING,
        new BenchStore(directory, InstantSource.system()),
        event -> {
          events.add(event);
          listener.accept(event);
        });
  }

  /** In the middle of the second cell: the first is kept, and nothing is said to have failed. */
  @Test
  void whatIsCancelledGoesOnWhereItWas() throws IOException {
    AtomicReference<Runnable> cancel = new AtomicReference<>(() -> {});
    BenchJob first =
        job(
            event -> {
              if (event instanceof BenchEvent.Measuring m && m.measurement() == Measurement.SPEED) {
                Objects.requireNonNull(cancel.get()).run();
              }
            });
    cancel.set(first::cancel);

    assertThatThrownBy(first::run).isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(events).noneMatch(BenchEvent.Failed.class::isInstance);

    events.clear();
    BenchReport report = job(_ -> {}).run();

    assertThat(events).contains(new BenchEvent.Planned(3, 1));
    assertThat(report.rows().getFirst().failures()).isEmpty();
    assertThat(report.rows().getFirst().accuracy()).isPresent();
  }

  @Test
  void whatIsCancelledBeforeItBeginsDoesNothing() {
    BenchJob job = job(_ -> {});
    job.cancel();

    assertThatThrownBy(job::run).isInstanceOf(CancellationException.class);
    assertThat(events).isEmpty();
  }
}
