package dev.lqmf.app;

import dev.lqmf.app.output.ProgressBar;
import dev.lqmf.app.output.Terminal;
import dev.lqmf.app.output.Units;
import dev.lqmf.factory.ImatrixJob;
import dev.lqmf.quant.imatrix.MeasuredImatrix;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.ComputeDevice;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf imatrix}: measures which columns of a model's matrices matter. */
@Command(
    name = "imatrix",
    header = "Measures an importance matrix: which weights a text makes most use of.",
    description = {
      "%nThe model reads a text, and the inputs of its matrices are summed, as llama-imatrix does"
          + " it. 'lqmf quantize --imatrix FILE' and llama-quantize spend the precision there.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf imatrix examples/models/docs-llama-4m -o docs.imatrix.gguf",
      "  lqmf imatrix my-model --text my.txt --chunks 100"
    })
final class ImatrixCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "A checkpoint directory, a GGUF file, or a Hugging Face id (org/name[@revision]).")
  String model = "";

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description = "The text, in UTF-8 (default: a varied one that LQMF has).")
  @Nullable Path text;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Where to write (default: imatrix.gguf, or imatrix.dat).")
  @Nullable Path output;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = "gguf, or dat as before 2025 (default: what FILE ends with, else gguf).")
  @Nullable String format;

  @Option(
      names = "--ctx-size",
      paramLabel = "N",
      description = "Tokens of a sequence (default: 512, or what the model reads).")
  @Nullable Integer length;

  @Option(names = "--chunks", paramLabel = "N", description = "Use so many sequences.")
  @Nullable Integer chunks;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "Compute on cpu or cuda (default: ${DEFAULT-VALUE}).")
  String device = "cpu";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Number of threads (default: ${DEFAULT-VALUE}).")
  int threads = Runtime.getRuntime().availableProcessors();

  ImatrixCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    boolean legacy = UsageException.check(this::legacy);
    String input = workplace.model(new ModelFinder(workplace.results()).resultOrInput(model));
    ImatrixJob job = UsageException.check(() -> job(input));
    Path file = output == null ? Path.of(legacy ? "imatrix.dat" : "imatrix.gguf") : output;
    Progress progress = new Progress();
    MeasuredImatrix measured;
    try {
      measured = job.run(workplace.download(progress.finding::notice), progress.finding, progress);
    } finally {
      progress.clear();
    }
    if (legacy) {
      Files.write(file, measured.legacy());
    } else {
      measured.writeGguf(file);
    }
    terminal
        .out()
        .println(
            "%s: %d tensors, %d sequences of %d tokens, %s"
                .formatted(
                    file,
                    measured.entries().size(),
                    measured.chunks(),
                    measured.chunkSize(),
                    Units.bytes(Files.size(file))));
    return CommandLine.ExitCode.OK;
  }

  private boolean legacy() {
    if (format == null) {
      return output != null && output.toString().endsWith(".dat");
    }
    return switch (format) {
      case "gguf" -> false;
      case "dat" -> true;
      default ->
          throw new InputException(
              "there is no format " + InputException.quote(format), "use gguf or dat");
    };
  }

  private ImatrixJob job(String input) {
    return new ImatrixJob(
        input,
        Optional.ofNullable(text),
        length == null ? OptionalInt.empty() : OptionalInt.of(length),
        chunks == null ? OptionalInt.empty() : OptionalInt.of(chunks),
        new TorchOptions(
            ComputeDevice.named(device),
            TorchOptions.DEFAULTS.precision(),
            TorchOptions.DEFAULTS.maxMemory(),
            OptionalInt.of(threads)));
  }

  /** Shows blocks that are done, on a terminal. */
  private final class Progress implements ImatrixJob.Listener {
    private final QuantizeProgress finding = new QuantizeProgress(terminal);
    private final Optional<ProgressBar> bar =
        terminal.errIsTerminal() && terminal.animated()
            ? Optional.of(new ProgressBar(terminal, "blocks"))
            : Optional.empty();
    private final long began = System.nanoTime();

    @Override
    public void cut(String name, String textName, int sequences, int tokens) {
      clear();
      terminal
          .err()
          .println("%s reads %s: %,d × %d tokens".formatted(name, textName, sequences, tokens));
      terminal.err().flush();
    }

    @Override
    public void blocks(int done, int all) {
      bar.ifPresent(
          b ->
              b.show(
                  done,
                  all,
                  Duration.ofNanos(System.nanoTime() - began),
                  "block %d of %d".formatted(done, all)));
    }

    void clear() {
      finding.clear();
      bar.ifPresent(ProgressBar::clear);
    }
  }
}
