package dev.lqmf.app;

import dev.lqmf.app.inspect.Inspection;
import dev.lqmf.app.inspect.InspectionPrinter;
import dev.lqmf.app.inspect.Inspector;
import dev.lqmf.app.output.Terminal;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf inspect}: what is in a model file or directory. */
@Command(
    name = "inspect",
    header = "Shows what is in a model: metadata, tensors, types, bits per weight.",
    description = "%nOnly headers are read, so the size of the model does not matter.%n",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf inspect examples/models/docs-llama-4m",
      "  lqmf inspect docs-llama-4m_gguf_Q4_K_M --tensors",
      "  lqmf inspect model.gguf --json"
    })
final class InspectCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      paramLabel = "PATH",
      description =
          "A GGUF or safetensors file, a checkpoint directory, a result directory, or its name"
              + " under quantized-models.")
  String path = "";

  @Option(names = "--tensors", description = "One line for every tensor, layer by layer.")
  boolean tensors;

  @Option(names = "--metadata", description = "Metadata in full: long texts and whole arrays.")
  boolean metadata;

  @Option(names = "--json", description = "Print one JSON object and nothing else.")
  boolean json;

  InspectCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    Inspection inspection =
        Inspector.inspect(new ModelFinder(workplace.results()).fileOrCheckpoint(path));
    InspectionPrinter printer = new InspectionPrinter(inspection, metadata, tensors);
    if (json) {
      printer.printJson(terminal.out());
    } else {
      printer.print(terminal);
    }
    return CommandLine.ExitCode.OK;
  }
}
