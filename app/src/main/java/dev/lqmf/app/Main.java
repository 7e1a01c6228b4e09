package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Help;

/** Starts the program. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
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
    Errors errors = new Errors(terminal);
    LqmfCommand root = new LqmfCommand();
    Workplace workplace = place.withFlags(() -> root.settings);
    CommandLine commands =
        new CommandLine(root)
            .addSubcommand(new QuantizeCommand(terminal, workplace))
            .addSubcommand(new RunCommand(terminal, workplace))
            .addSubcommand(new EvalCommand(terminal, workplace))
            .addSubcommand(new InspectCommand(terminal, workplace))
            .addSubcommand(new CheckCommand(terminal, workplace))
            .addSubcommand(new VerifyCommand(terminal, workplace))
            .addSubcommand(new TypesCommand(terminal))
            .addSubcommand(new ExperimentsCommand(terminal, workplace))
            .addSubcommand(new StatsCommand(terminal, workplace))
            .addSubcommand(new ConfigCommand(terminal, workplace))
            .addSubcommand(new HfCommand(terminal, workplace, workplace.prompt()))
            .addSubcommand(new CommandLine.HelpCommand())
            .setOut(new PrintWriter(terminal.out(), true))
            .setErr(new PrintWriter(terminal.err(), true))
            .setColorScheme(
                Help.defaultColorScheme(
                    terminal.outStyle().enabled() ? Help.Ansi.ON : Help.Ansi.OFF))
            .setUsageHelpWidth(Math.clamp(terminal.columns(), 80, 100))
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler(errors)
            .setExecutionExceptionHandler(errors);
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
}
