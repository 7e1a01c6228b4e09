package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.prompt.CommandSet;
import dev.lqmf.app.prompt.Keyboard;
import dev.lqmf.app.prompt.LineRunner;
import dev.lqmf.app.prompt.Prompt;
import dev.lqmf.app.prompt.Questions;
import dev.lqmf.app.prompt.Script;
import dev.lqmf.factory.decide.DecisionAgent;
import dev.lqmf.factory.decide.LanguageAdvisor;
import dev.lqmf.factory.decide.ModelNames;
import dev.lqmf.factory.machine.Gpu;
import dev.lqmf.factory.machine.MachineProbe;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf prompt}: reads commands from the keyboard, a file or a pipe. */
@Command(
    name = "prompt",
    header = "Opens the prompt, or runs a script of commands.",
    description = {
      "%nOn a terminal it opens LQMF>, as 'lqmf' alone does. A script has a command on every line,"
          + " without 'lqmf'; the first that fails ends it. Lines that begin with # are"
          + " comments.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {"  lqmf", "  lqmf prompt script.txt", "  echo types | lqmf prompt -"})
final class PromptCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "A script; - reads it from standard input.")
  @Nullable String file;

  @Option(names = "--keep-going", description = "Go on after a line of a script that failed.")
  boolean keepGoing;

  @Option(
      names = {"-y", "--yes"},
      description = "Take every recommendation; ask nothing.")
  boolean yes;

  PromptCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    if (file == null && isKeyboard()) {
      try (org.jline.terminal.Terminal keyboard =
          TerminalBuilder.builder().system(true).dumb(true).build()) {
        Keyboard questions = new Keyboard(keyboard);
        CommandSet commands =
            new Main.Commands(
                workplace.withPrompt(
                    question -> questions.secret(question).filter(t -> !t.isEmpty())));
        new Prompt(
                keyboard,
                terminal,
                commands,
                runner(commands),
                new LocalModels(workplace.results()),
                StateDirectory.ofUser().resolve("history"),
                this::report,
                yes ? Questions.RECOMMENDED : questions)
            .run();
      }
      return CommandLine.ExitCode.OK;
    }
    CommandSet commands = new Main.Commands(workplace);
    try (BufferedReader lines = script()) {
      return new Script(runner(commands), yes ? Questions.RECOMMENDED : Questions.NONE, keepGoing)
          .run(lines, terminal, this::report);
    }
  }

  private int report(Exception e) {
    return new Errors(terminal).report(e, LqmfCommand.wantsDebug());
  }

  private LineRunner runner(CommandSet commands) throws IOException {
    Path results = workplace.results();
    ModelNames names = KnownModels.of(workplace);
    Optional<LanguageAdvisor> advisor =
        workplace
            .llm()
            .chosen()
            .map(
                account ->
                    new ProviderAdvisor(
                        account,
                        ProviderAdvisor.READS_LINES,
                        text -> {
                          if (workplace.isNews(text)) {
                            terminal.note(text);
                          }
                        }));
    return new LineRunner(
        commands,
        new DecisionInterpreter(
            new DecisionAgent(names, advisor),
            commands.commandLine(terminal).getSubcommands().keySet()),
        new QuantizeGuide(new DecisionAgent(names), () -> gpus(results)));
  }

  private static List<Gpu> gpus(Path results) {
    try {
      return MachineProbe.ofProcess(results).look().gpus();
    } catch (IOException e) {
      return List.of(); // then it is asked about as if there were none
    }
  }

  private static boolean isKeyboard() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private BufferedReader script() throws IOException {
    return file == null || file.equals("-")
        ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
        : Files.newBufferedReader(Path.of(file));
  }
}
