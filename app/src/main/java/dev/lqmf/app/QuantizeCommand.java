package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.QuantizeJob;
import dev.lqmf.factory.QuantizeReport;
import dev.lqmf.factory.QuantizeRequest;
import dev.lqmf.quant.KernelsProvider;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.quant.mix.MixTypes;
import dev.lqmf.quant.mix.TypeOverride;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf quantize}: makes quantized GGUF files of a model. */
@Command(
    name = "quantize",
    header = "Makes quantized GGUF files of a model.",
    description = {
      "%nThe model is read once, however many types are asked for. Each result is a directory"
          + " <model>_gguf_<TYPE> that holds the GGUF, the recipe that made it, and a summary; it"
          + " appears only when it is complete.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf quantize examples/models/docs-llama-4m --type Q4_K_M",
      "  lqmf quantize mistralai/Mistral-7B-v0.1 --type Q4_K_M,Q6_K,Q8_0",
      "  lqmf quantize model-f16.gguf --type IQ4_XS --imatrix imatrix.gguf",
      "  lqmf quantize my-model --type Q4_K_M --tensor-type ffn_down=Q6_K --dry-run"
    })
final class QuantizeCommand implements Callable<Integer> {
  /** How long an interrupted job may take to remove what it had begun. */
  private static final int CLEAN_UP_SECONDS = 10;

  private final Terminal terminal;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "A checkpoint directory, a GGUF file, or a Hugging Face id (org/name[@revision]).")
  String model = "";

  @Option(
      names = {"-t", "--type"},
      required = true,
      split = ",",
      paramLabel = "TYPE",
      description = "What to make; several at once: Q4_K_M,Q8_0. 'lqmf types' explains them.")
  List<String> types = List.of();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "Where the result directories go (default: ${DEFAULT-VALUE}).")
  Path output = QuantizeRequest.DEFAULT_OUTPUT_ROOT;

  @Option(
      names = "--imatrix",
      paramLabel = "FILE",
      description = "Importance matrix: spends the precision where the model needs it.")
  @Nullable Path imatrix;

  @Option(
      names = "--tensor-type",
      paramLabel = "PATTERN=TYPE",
      description =
          "A type for tensors whose names match a regular expression; repeatable, the first match"
              + " counts.")
  List<String> tensorTypes = List.of();

  @Option(
      names = "--output-tensor-type",
      paramLabel = "TYPE",
      description = "The type of output.weight.")
  @Nullable String outputTensorType;

  @Option(
      names = "--token-embedding-type",
      paramLabel = "TYPE",
      description = "The type of token_embd.weight.")
  @Nullable String tokenEmbeddingType;

  @Option(names = "--pure", description = "The same type for all tensors: no mix.")
  boolean pure;

  @Option(names = "--leave-output-tensor", description = "Keep output.weight as it is stored.")
  boolean leaveOutputTensor;

  @Option(
      names = "--allow-requantize",
      description = "Accept quantized input; the result is worse than from full precision.")
  boolean allowRequantize;

  @Option(
      names = "--split-max-size",
      paramLabel = "SIZE",
      description = "Split each result into files of at most this size, as in 2G or 500M.")
  @Nullable String splitMaxSize;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Number of threads (default: ${DEFAULT-VALUE}); the bytes do not depend on it.")
  int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--dry-run",
      description = "Show what would be made, and how large; write nothing.")
  boolean dryRun;

  @Option(names = "--force", description = "Make results again that are there already.")
  boolean force;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  QuantizeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    QuantizeJob job = new QuantizeJob(UsageException.check(this::request), KernelsProvider.best());
    QuantizeProgress progress = new QuantizeProgress(terminal);
    CountDownLatch done = new CountDownLatch(1);
    Thread onInterrupt = new Thread(() -> interrupt(job, done), "interrupt");
    Runtime.getRuntime().addShutdownHook(onInterrupt);
    try {
      QuantizeReport report = job.run(progress);
      QuantizeResult result = new QuantizeResult(report, progress.plan(), dryRun);
      if (json) {
        result.printJson(terminal.out());
      } else {
        result.print(terminal);
      }
      return CommandLine.ExitCode.OK;
    } catch (CancellationException e) {
      progress.clear();
      return new Errors(terminal).report(e, false);
    } finally {
      progress.clear();
      done.countDown();
    }
  }

  private static void interrupt(QuantizeJob job, CountDownLatch done) {
    job.cancel();
    try {
      var _ = done.await(CLEAN_UP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private QuantizeRequest request() {
    MixOptions mix =
        new MixOptions(
            tensorTypes.stream().map(TypeOverride::parse).toList(),
            Optional.ofNullable(outputTensorType).map(MixTypes::parse),
            Optional.ofNullable(tokenEmbeddingType).map(MixTypes::parse),
            pure,
            leaveOutputTensor,
            allowRequantize);
    QuantizeRequest.Builder request =
        QuantizeRequest.of(model, types.stream().map(GgufFileType::parse).toList())
            .outputRoot(output)
            .mix(mix)
            .threads(threads)
            .dryRun(dryRun)
            .force(force);
    if (imatrix != null) {
      request.imatrix(imatrix);
    }
    if (splitMaxSize != null) {
      request.splitMaxSize(ByteSize.parse(splitMaxSize));
    }
    return request.build();
  }
}
