package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.prompt.Cancellation;
import dev.lqmf.runtime.GenerationOptions;
import dev.lqmf.runtime.Runtimes;
import dev.lqmf.runtime.Session;
import dev.lqmf.runtime.SessionOptions;
import dev.lqmf.runtime.worker.WorkerRuntime;
import dev.lqmf.torch.ComputeDevice;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf run}: generates text with a finished model. */
@Command(
    name = "run",
    header = "Generates text with a model.",
    description = {
      "%nA model with a chat template answers the prompt; any other continues it. Ctrl-C stops.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf run docs-llama-4m_gguf_Q4_K_M \"The kernel module\"",
      "  lqmf run model.gguf \"Why is the sky blue?\" --temperature 0 -n 100"
    })
final class RunCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description =
          "A GGUF file, a checkpoint directory, a result or its name under quantized-models.")
  String model = "";

  @Parameters(
      index = "1",
      paramLabel = "PROMPT",
      description = "The text to answer or continue; - reads it from standard input.")
  String prompt = "";

  @Option(
      names = {"-n", "--max-tokens"},
      paramLabel = "N",
      description = "Stop after so many tokens (default: ${DEFAULT-VALUE}).")
  int maxTokens = 256;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      description = "0 takes the likeliest token every time (default: ${DEFAULT-VALUE}).")
  float temperature = GenerationOptions.DEFAULTS.temperature();

  @Option(
      names = "--top-k",
      paramLabel = "K",
      description = "Choose among the K likeliest tokens; 0: all (default: ${DEFAULT-VALUE}).")
  int topK = GenerationOptions.DEFAULTS.topK();

  @Option(
      names = "--top-p",
      paramLabel = "P",
      description =
          "Choose among the likeliest tokens that sum up to probability P"
              + " (default: ${DEFAULT-VALUE}).")
  float topP = GenerationOptions.DEFAULTS.topP();

  @Option(
      names = "--min-p",
      paramLabel = "P",
      description =
          "Choose among tokens at least P times as likely as the likeliest"
              + " (default: ${DEFAULT-VALUE}).")
  float minP = GenerationOptions.DEFAULTS.minP();

  @Option(
      names = {"--repetition-penalty", "--repeat-penalty"},
      paramLabel = "X",
      description = "Above 1 makes what was said less likely (default: ${DEFAULT-VALUE}).")
  float repetitionPenalty = GenerationOptions.DEFAULTS.repetitionPenalty();

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "Stop before this text; may be given several times.")
  List<String> stop = List.of();

  @Option(names = "--seed", paramLabel = "N", description = "Makes the choice repeatable.")
  @Nullable Integer seed;

  @Option(
      names = "--ctx",
      paramLabel = "N",
      description =
          "Context length in tokens (default: the model's, at most "
              + SessionOptions.DEFAULT_MAX_CONTEXT
              + ").")
  @Nullable Integer contextLength;

  @Option(names = "--threads", paramLabel = "N", description = "Number of threads.")
  @Nullable Integer threads;

  @Option(
      names = "--runtime",
      paramLabel = "NAME",
      description =
          "llama.cpp for GGUF files, or torch for anything (default: llama.cpp if it loads the"
              + " model).")
  @Nullable String runtime;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "Compute on cpu or cuda, which is torch's (default: cpu).")
  String device = "cpu";

  @Option(names = "--raw", description = "Continue the prompt as it is: no chat template.")
  boolean raw;

  @Option(names = "--verbose", description = "Show llama.cpp's log on standard error.")
  boolean verbose;

  RunCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    SessionOptions opening = UsageException.check(this::opening);
    GenerationOptions generation = UsageException.check(this::generation);
    Path file = new ModelFinder(workplace.results()).fileOrCheckpoint(model);
    try (Session session = open(file, opening)) {
      stream(session, text(), generation);
    }
    return CommandLine.ExitCode.OK;
  }

  private Session open(Path file, SessionOptions opening) throws IOException {
    String named = runtime;
    if (named != null) {
      dev.lqmf.runtime.Runtime found = UsageException.check(() -> Runtimes.named(named));
      return (Cancellation.isInPrompt() ? new WorkerRuntime(found) : found).open(file, opening);
    }
    // What ends with this process may live in it. The prompt goes on, whatever happens to a model.
    return Cancellation.isInPrompt()
        ? WorkerRuntime.openSuitable(file, opening, terminal::note)
        : Runtimes.open(file, opening, terminal::note);
  }

  private String text() throws IOException {
    return prompt.equals("-")
        ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8)
        : prompt;
  }

  private void stream(Session session, String text, GenerationOptions generation) {
    PrintStream out = terminal.out();
    if (terminal.outIsTerminal() && !(session.hasChatTemplate() && generation.chat())) {
      out.print(terminal.outStyle().dim(text));
    }
    AtomicBoolean unfinished = new AtomicBoolean(true);
    try (ShutdownHook _ = ShutdownHook.of(() -> interrupt(unfinished))) {
      session.generate(
          text,
          generation,
          piece -> {
            out.print(piece);
            out.flush();
            if (Thread.currentThread().isInterrupted()) { // by the prompt
              throw new CancellationException("cancelled");
            }
          });
    } finally {
      unfinished.set(false);
      out.println();
      out.flush();
    }
  }

  /** On Ctrl-C the shell's prompt belongs on a line of its own. */
  private void interrupt(AtomicBoolean unfinished) {
    if (unfinished.get() && terminal.outIsTerminal()) {
      terminal.out().println();
      terminal.out().flush();
    }
  }

  private SessionOptions opening() {
    return new SessionOptions(
        optional(contextLength), optional(threads), verbose, ComputeDevice.named(device));
  }

  private GenerationOptions generation() {
    return new GenerationOptions(
        OptionalInt.of(maxTokens),
        temperature,
        topK,
        topP,
        minP,
        repetitionPenalty,
        optional(seed),
        stop,
        !raw);
  }

  private static OptionalInt optional(@Nullable Integer value) {
    return value == null ? OptionalInt.empty() : OptionalInt.of(value);
  }
}
