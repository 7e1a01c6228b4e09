package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.prompt.CommandSet;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help;

/** Starts the program. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    WarmStart.begin(args);
    Terminal terminal = Terminal.ofProcess();
    int status = run(terminal, args);
    terminal.out().flush();
    terminal.err().flush();
    // llama.cpp's threads would keep the JVM alive.
    System.exit(status);
  }

  /**
   * Runs one command.
   *
   * @return the exit status: 0 if it succeeded, 1 if it failed, 2 if the command line is wrong
   */
  static int run(Terminal terminal, String... args) {
    return run(terminal, Workplace.ofProcess(), args);
  }

  /** Runs one command somewhere. */
  static int run(Terminal terminal, Workplace place, String... args) {
    Errors errors = new Errors(terminal, List.of(args).contains("--json"));
    CommandLine commands = commands(terminal, place, errors);
    if (args.length == 0) {
      commands.usage(terminal.out());
      return CommandLine.ExitCode.OK;
    }
    try {
      return commands.execute(args);
    } catch (Error e) { // picocli hands over exceptions only
      return errors.report(e, LqmfCommand.wantsDebug(commands));
    }
  }

  /** The commands, writing to a terminal. */
  private static CommandLine commands(Terminal terminal, Workplace place, Errors errors) {
    LqmfCommand root = new LqmfCommand();
    Workplace workplace = place.withFlags(() -> root.settings);
    return new CommandLine(root)
        .addSubcommand(new QuantizeCommand(terminal, workplace))
        .addSubcommand(new PlanCommand(terminal, workplace))
        .addSubcommand(new RunCommand(terminal, workplace))
        .addSubcommand(new EvalCommand(terminal, workplace))
        .addSubcommand(new ImatrixCommand(terminal, workplace))
        .addSubcommand(new BenchCommand(terminal, workplace))
        .addSubcommand(new DocsCommand(terminal, workplace))
        .addSubcommand(new InspectCommand(terminal, workplace))
        .addSubcommand(new CheckCommand(terminal, workplace))
        .addSubcommand(new VerifyCommand(terminal, workplace))
        .addSubcommand(new TestCommand(terminal, workplace))
        .addSubcommand(new TypesCommand(terminal))
        .addSubcommand(new ExperimentsCommand(terminal, workplace))
        .addSubcommand(new StatsCommand(terminal, workplace))
        .addSubcommand(new SystemCommand(terminal, workplace))
        .addSubcommand(new ConfigCommand(terminal, workplace))
        .addSubcommand(new HfCommand(terminal, workplace, workplace.prompt()))
        .addSubcommand(new JobsCommand(terminal, workplace))
        .addSubcommand(new ResumeCommand(terminal, workplace, new Commands(place)))
        .addSubcommand(new LlmCommand(terminal, workplace))
        .addSubcommand(new PromptCommand(terminal, workplace))
        .addSubcommand(new CompletionCommand(terminal))
        .addSubcommand(new CommandLine.HelpCommand())
        .setOut(new PrintWriter(terminal.out(), true))
        .setErr(new PrintWriter(terminal.err(), true))
        .setColorScheme(
            Help.defaultColorScheme(terminal.outStyle().enabled() ? Help.Ansi.ON : Help.Ansi.OFF))
        .setUsageHelpWidth(Math.clamp(terminal.columns(), 80, 100))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(new Journaled(workplace))
        .setParameterExceptionHandler(errors)
        .setExecutionExceptionHandler(errors);
  }

  /** The commands, for the prompt, which runs many of them in one place. */
  record Commands(Workplace place) implements CommandSet {
    @Override
    public CommandLine commandLine(Terminal terminal) {
      return commands(terminal, place, new Errors(terminal));
    }

    @Override
    public int run(Terminal terminal, String... arguments) {
      return Main.run(terminal, place, arguments);
    }
  }
}
