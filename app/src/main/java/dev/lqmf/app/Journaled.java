package dev.lqmf.app;

import dev.lqmf.factory.JobEvent;
import dev.lqmf.factory.config.Setting;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.execute.Job;
import dev.lqmf.factory.execute.JobJournal;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/** Runs commands, and keeps a journal of those that take long. */
final class Journaled implements IExecutionStrategy {
  private static final Set<String> LONG = Set.of("quantize");
  private static final Set<String> WITHOUT_A_TRACE = Set.of("--dry-run", "--no-record");

  private static final ScopedValue<Entry> CURRENT = ScopedValue.newInstance();

  private final Workplace workplace;

  Journaled(Workplace workplace) {
    this.workplace = workplace;
  }

  @Override
  public int execute(ParseResult parsed) {
    Optional<JobJournal> journal = isJournaled(parsed) ? journal() : Optional.empty();
    return journal.isPresent() ? execute(parsed, journal.get()) : new RunLast().execute(parsed);
  }

  private int execute(ParseResult parsed, JobJournal journal) {
    Job job;
    try {
      job = journal.begin(parsed.originalArgs());
    } catch (IOException e) {
      return new RunLast().execute(parsed); // where nothing can be written, nothing is
    }
    Entry entry = new Entry(journal, job);
    try {
      int status = ScopedValue.where(CURRENT, entry).call(() -> new RunLast().execute(parsed));
      entry.succeed();
      return status;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      entry.settle(cause);
      throw e;
    }
  }

  /** Whoever tells of the events of the job that the current command is writes its phases down. */
  static Consumer<JobEvent> phases() {
    return CURRENT.isBound() ? CURRENT.get()::enter : _ -> {};
  }

  /** A job and its place in the journal. */
  private static final class Entry {
    private final JobJournal journal;
    private Job job;

    Entry(JobJournal journal, Job job) {
      this.journal = journal;
      this.job = job;
    }

    synchronized void enter(JobEvent event) {
      String phase =
          switch (event) {
            case JobEvent.Fetching _, JobEvent.Downloading _ -> "downloading";
            case JobEvent.Calibrating _ -> "calibrating";
            case JobEvent.Planned _, JobEvent.Quantizing _, JobEvent.LayerQuantized _ ->
                "quantizing";
            case JobEvent.Testing _ -> "testing";
            case JobEvent.Notice _,
                JobEvent.OutputFinished _,
                JobEvent.Finished _,
                JobEvent.Tested _,
                JobEvent.Failed _ ->
                job.phase().orElse("");
          };
      if (!phase.isEmpty() && !job.phase().equals(Optional.of(phase))) {
        try {
          job = journal.enter(job, phase);
        } catch (IOException e) {
          // The journal goes on telling what it told before.
        }
      }
    }

    synchronized void succeed() {
      try {
        journal.succeed(job);
      } catch (IOException | InputException e) {
        // Then it will be called lost, and resuming it finds that all is done.
      }
    }

    synchronized void settle(Throwable cause) {
      try {
        switch (cause) {
          case UsageException _ -> journal.forget(job);
          case CancellationException _ -> journal.end(job, Job.End.INTERRUPTED, Optional.empty());
          default -> journal.end(job, Job.End.FAILED, Optional.of(Errors.problem(cause)));
        }
      } catch (IOException e) {
        // As above.
      }
    }
  }

  private Optional<JobJournal> journal() {
    try {
      return Optional.of(workplace.jobs());
    } catch (IOException | RuntimeException e) {
      return Optional.empty(); // the command itself says what is wrong with the settings
    }
  }

  private static boolean isJournaled(ParseResult parsed) {
    ParseResult command = parsed.subcommand();
    List<String> words = parsed.originalArgs();
    return command != null
        && LONG.contains(command.commandSpec().name())
        && !command.isUsageHelpRequested()
        && words.stream().noneMatch(WITHOUT_A_TRACE::contains)
        && words.stream().noneMatch(Journaled::holdsSecret);
  }

  /** As in {@code --set HF_TOKEN=…}. */
  private static boolean holdsSecret(String word) {
    return SettingsTable.all().stream()
        .filter(Setting::isSecret)
        .anyMatch(secret -> word.contains(secret.name()));
  }
}
