package dev.lqmf.app;

import static java.util.function.Predicate.not;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.prompt.CommandSet;
import java.io.PrintWriter;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Help;

/** Starts the program. */
public final class Main {
  /** In the order of the help. */
  private static final List<String> NAMES =
      List.of(
          "quantize",
          "plan",
          "run",
          "eval",
          "imatrix",
          "bench",
          "docs",
          "inspect",
          "check",
          "verify",
          "test",
          "types",
          "experiments",
          "stats",
          "system",
          "config",
          "hf",
          "jobs",
          "resume",
          "llm",
          "prompt",
          "completion",
          "help");

  /** These words, alone, ask for nothing that a command knows. */
  private static final Set<String> NEED_NONE = Set.of("--version", "-V");

  /** These describe or run the others. */
  private static final Set<String> NEED_ALL = Set.of("completion", "help", "prompt");

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
    CommandLine commands = commands(terminal, place, errors, needed(List.of(args)));
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

  /**
   * What a command line needs described: to describe all of two dozen commands takes picocli longer
   * than the JVM needs to start.
   */
  private static List<String> needed(List<String> words) {
    if (words.size() == 1 && NEED_NONE.contains(words.getFirst())) {
      return List.of();
    }
    return words.stream()
        .findFirst()
        .filter(NAMES::contains)
        .filter(not(NEED_ALL::contains))
        .map(List::of)
        .orElse(NAMES);
  }

  /** Commands of these names, writing to a terminal. */
  private static CommandLine commands(
      Terminal terminal, Workplace place, Errors errors, List<String> names) {
    LqmfCommand root = new LqmfCommand();
    CommandLine line = new CommandLine(root);
    Workplace workplace = place.withFlags(() -> root.settings);
    for (String name : names) {
      line.addSubcommand(name, command(name, terminal, place, workplace));
    }
    return line.setOut(new PrintWriter(terminal.out(), true))
        .setErr(new PrintWriter(terminal.err(), true))
        .setColorScheme(
            Help.defaultColorScheme(terminal.outStyle().enabled() ? Help.Ansi.ON : Help.Ansi.OFF))
        .setUsageHelpWidth(Math.clamp(terminal.columns(), 80, 100))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(new Journaled(workplace))
        .setParameterExceptionHandler(errors)
        .setExecutionExceptionHandler(errors);
  }

  private static Object command(
      String name, Terminal terminal, Workplace place, Workplace workplace) {
    return switch (name) {
      case "quantize" -> new QuantizeCommand(terminal, workplace);
      case "plan" -> new PlanCommand(terminal, workplace);
      case "run" -> new RunCommand(terminal, workplace);
      case "eval" -> new EvalCommand(terminal, workplace);
      case "imatrix" -> new ImatrixCommand(terminal, workplace);
      case "bench" -> new BenchCommand(terminal, workplace);
      case "docs" -> new DocsCommand(terminal, workplace);
      case "inspect" -> new InspectCommand(terminal, workplace);
      case "check" -> new CheckCommand(terminal, workplace);
      case "verify" -> new VerifyCommand(terminal, workplace);
      case "test" -> new TestCommand(terminal, workplace);
      case "types" -> new TypesCommand(terminal);
      case "experiments" -> new ExperimentsCommand(terminal, workplace);
      case "stats" -> new StatsCommand(terminal, workplace);
      case "system" -> new SystemCommand(terminal, workplace);
      case "config" -> new ConfigCommand(terminal, workplace);
      case "hf" -> new HfCommand(terminal, workplace, workplace.prompt());
      case "jobs" -> new JobsCommand(terminal, workplace);
      case "resume" -> new ResumeCommand(terminal, workplace, new Commands(place));
      case "llm" -> new LlmCommand(terminal, workplace);
      case "prompt" -> new PromptCommand(terminal, workplace);
      case "completion" -> new CompletionCommand(terminal);
      case "help" -> new CommandLine.HelpCommand();
      default -> throw new IllegalArgumentException(name);
    };
  }

  /** The commands, for the prompt, which runs many of them in one place. */
  record Commands(Workplace place) implements CommandSet {
    @Override
    public CommandLine commandLine(Terminal terminal) {
      return commands(terminal, place, new Errors(terminal), NAMES);
    }

    @Override
    public int run(Terminal terminal, String... arguments) {
      return Main.run(terminal, place, arguments);
    }
  }
}
