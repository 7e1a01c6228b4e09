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
    Errors errors = new Errors(terminal);
    CommandLine commands =
        new CommandLine(new LqmfCommand())
            .addSubcommand(new QuantizeCommand(terminal))
            .addSubcommand(new RunCommand(terminal))
            .addSubcommand(new EvalCommand(terminal))
            .addSubcommand(new ImatrixCommand(terminal))
            .addSubcommand(new InspectCommand(terminal))
            .addSubcommand(new CheckCommand(terminal))
            .addSubcommand(new VerifyCommand(terminal))
            .addSubcommand(new TypesCommand(terminal))
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
