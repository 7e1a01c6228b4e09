package dev.lqmf.app;

import dev.lqmf.app.output.JsonOutput;
import dev.lqmf.app.output.Table;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.execute.Job;
import dev.lqmf.factory.execute.JobJournal;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lqmf jobs}: what runs, and what was cut short. */
@Command(
    name = "jobs",
    header = "Lists what is running, and what failed or was cut short.",
    mixinStandardHelpOptions = true,
    optionListHeading = "%nOptions:%n")
final class JobsCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Option(names = "--clear", description = "Forget those that do not run.")
  boolean clear;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  JobsCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    JobJournal journal = workplace.jobs();
    if (clear) {
      for (Job job : journal.list()) {
        if (job.state() != Job.State.RUNNING) {
          journal.forget(job);
        }
      }
    }
    List<Job> jobs = journal.list();
    if (json) {
      JsonOutput.print(
          terminal.out(), Map.of("jobs", jobs.stream().map(JobsCommand::json).toList()));
    } else if (jobs.isEmpty()) {
      terminal.out().println("None: what was begun has succeeded.");
    } else {
      Table table = new Table("id", "state");
      for (Job job : jobs) {
        table.row(job.id(), stateAndPhase(job)).below(String.join(" ", job.command()));
        job.problem().ifPresent(problem -> table.below("(" + problem + ")"));
      }
      terminal.print(table);
    }
    return CommandLine.ExitCode.OK;
  }

  private static String state(Job job) {
    return job.state().name().toLowerCase(Locale.ROOT);
  }

  /** As in {@code running, testing} or {@code failed, downloading}. */
  private static String stateAndPhase(Job job) {
    return state(job) + job.phase().map(phase -> ", " + phase).orElse("");
  }

  private static Map<String, Object> json(Job job) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("id", job.id());
    object.put("state", state(job));
    job.phase().ifPresent(phase -> object.put("phase", phase));
    object.put("began", job.began().toString());
    object.put("command", job.command());
    job.problem().ifPresent(problem -> object.put("problem", problem));
    return object;
  }
}
