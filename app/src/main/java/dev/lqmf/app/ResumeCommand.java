package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.prompt.CommandSet;
import dev.lqmf.factory.execute.Job;
import dev.lqmf.factory.execute.JobJournal;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code lqmf resume}: runs what was cut short. */
@Command(
    name = "resume",
    header = "Goes on with what failed or was cut short.",
    description = {
      "%nRuns the command once more. What it had finished stays, downloads go on where they broke"
          + " off, and what it had only begun is made again, with the same bytes.%n"
    },
    mixinStandardHelpOptions = true,
    optionListHeading = "%nOptions:%n")
final class ResumeCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;
  private final CommandSet commands;

  @Parameters(
      arity = "0..1",
      paramLabel = "ID",
      description = "As 'lqmf jobs' shows it, or the end of it (default: the newest).")
  @Nullable String id;

  ResumeCommand(Terminal terminal, Workplace workplace, CommandSet commands) {
    this.terminal = terminal;
    this.workplace = workplace;
    this.commands = commands;
  }

  @Override
  public Integer call() throws IOException {
    JobJournal journal = workplace.jobs();
    Job job = journal.resumable(Optional.ofNullable(id));
    terminal.err().println("→ " + String.join(" ", job.command()));
    terminal.err().flush();
    // The command makes an entry of its own.
    journal.forget(job);
    return commands.run(terminal, job.command().toArray(String[]::new));
  }
}
