package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.eval.EvalJob;
import dev.lqmf.factory.eval.EvalReport;
import dev.lqmf.factory.eval.EvalRequest;
import dev.lqmf.factory.eval.Protocol;
import dev.lqmf.torch.ComputeDevice;
import dev.lqmf.torch.Precision;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf eval}: how well models predict a text, and how far they are from a baseline. */
@Command(
    name = "eval",
    header = "Measures models: perplexity, and the distance from a baseline.",
    description = {
      "%nAll forms of a model are measured alike: a checkpoint, a GGUF of any type, GPTQ,"
          + " bitsandbytes. A difference that is within the error counts as a tie. Against a"
          + " baseline, the divergence of the predictions (KL, in nats) tells more than perplexity,"
          + " and needs less text.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf eval examples/models/docs-llama-4m",
      "  lqmf eval docs-llama-4m_gguf_Q4_K_M docs-llama-4m_gguf_Q8_0 \\",
      "      --baseline examples/models/docs-llama-4m",
      "  lqmf eval model.gguf --text my.txt --protocol llama.cpp --chunks 100"
    })
final class EvalCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      paramLabel = "MODEL",
      arity = "1..*",
      description =
          "Checkpoint directories, GGUF files, results or their names under quantized-models, or"
              + " Hugging Face ids (org/name[@revision]).")
  List<String> models = new ArrayList<>();

  @Option(
      names = "--baseline",
      paramLabel = "MODEL",
      description = "The model that the others should be equal to, as a rule unquantized.")
  @Nullable String baseline;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description = "The text, in UTF-8 (default: WikiText-2 test, which LQMF brings along).")
  @Nullable Path text;

  @Option(
      names = "--protocol",
      paramLabel = "NAME",
      description =
          "How the text is cut: half-window, or llama.cpp as llama-perplexity does it"
              + " (default: ${DEFAULT-VALUE}).")
  String protocol = Protocol.HALF_WINDOW.label();

  @Option(
      names = "--window",
      paramLabel = "N",
      description = "Tokens of a window (default: ${DEFAULT-VALUE}).")
  int window = EvalRequest.DEFAULT_WINDOW;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "Use so many tokens of the text (default: 200,000; all with llama.cpp).")
  @Nullable Integer maxTokens;

  @Option(names = "--chunks", paramLabel = "N", description = "Use so many windows.")
  @Nullable Integer chunks;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "Compute in f32 or bf16 (default: ${DEFAULT-VALUE}).")
  String dtype = "f32";

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "Compute on cpu or cuda (default: ${DEFAULT-VALUE}).")
  String device = "cpu";

  @Option(
      names = "--max-memory",
      paramLabel = "SIZE",
      description =
          "Memory for weights, as in 4G; what does not fit is read again for every pass (default:"
              + " half of what is free).")
  @Nullable String maxMemory;

  @Option(names = "--threads", paramLabel = "N", description = "Number of threads.")
  @Nullable Integer threads;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  EvalCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    ModelFinder finder = new ModelFinder(workplace.results());
    EvalRequest request = UsageException.check(() -> request(finder));
    EvalProgress progress = new EvalProgress(terminal);
    EvalReport report;
    try {
      report = new EvalJob(request, workplace.download(progress::notice), progress).run();
    } finally {
      progress.clear();
    }
    new EvalRecord(new MeasurementRecord(workplace, progress::notice)).add(report);
    EvalResult result = new EvalResult(terminal, report);
    if (json) {
      result.printJson();
    } else {
      result.print();
    }
    return CommandLine.ExitCode.OK;
  }

  private EvalRequest request(ModelFinder finder) {
    TorchOptions torch =
        new TorchOptions(
            ComputeDevice.named(device),
            Precision.named(dtype),
            maxMemory == null ? OptionalLong.empty() : OptionalLong.of(ByteSize.parse(maxMemory)),
            optional(threads));
    return new EvalRequest(
        models.stream().map(finder::resultOrInput).toList(),
        Optional.ofNullable(baseline).map(finder::resultOrInput),
        Optional.ofNullable(text),
        Protocol.named(protocol),
        window,
        optional(maxTokens),
        optional(chunks),
        torch);
  }

  private static OptionalInt optional(@Nullable Integer value) {
    return value == null ? OptionalInt.empty() : OptionalInt.of(value);
  }
}
