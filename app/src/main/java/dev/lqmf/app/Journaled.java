package dev.lqmf.app;

import dev.lqmf.factory.config.Setting;
import dev.lqmf.factory.config.SettingsTable;
import dev.lqmf.factory.execute.Job;
import dev.lqmf.factory.execute.JobJournal;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.IExecutionStrategy;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

/** Runs commands, and keeps a journal of those that take long. */
final class Journaled implements IExecutionStrategy {
  private static final Set<String> LONG = Set.of("quantize");
  private static final Set<String> WITHOUT_A_TRACE = Set.of("--dry-run", "--no-record");

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
    try {
      int status = new RunLast().execute(parsed);
      settle(journal, job, status);
      return status;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      settle(journal, job, cause);
      throw e;
    }
  }

  private static void settle(JobJournal journal, Job job, int status) {
    try {
      if (status == Errors.INTERRUPTED) {
        journal.end(job, Job.End.INTERRUPTED, Optional.empty());
      } else {
        journal.forget(job);
      }
    } catch (IOException e) {
      // Then it will be called lost, and resuming it finds that all is done.
    }
  }

  private static void settle(JobJournal journal, Job job, Throwable cause) {
    try {
      if (cause instanceof UsageException) {
        journal.forget(job);
      } else {
        journal.end(job, Job.End.FAILED, Optional.of(String.valueOf(cause.getMessage())));
      }
    } catch (IOException e) {
      // As above.
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
