package dev.lqmf.app;

import dev.lqmf.app.output.Terminal;
import dev.lqmf.factory.bench.BenchStore;
import dev.lqmf.factory.docs.DocumentationAgent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lqmf docs}: writes the cards of results anew. */
@Command(
    name = "docs",
    header = "Writes the model card of a result, with what was measured since.",
    description = {
      "%nREADME.md says how the result was made, what lqmf bench measured of it, what memory it"
          + " takes and how to run it; a Modelfile is for Ollama. lqmf quantize writes both.%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    optionListHeading = "%nOptions:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  lqmf docs docs-llama-4m_gguf_Q4_K_M",
      "  lqmf docs Mistral-7B-v0.1_gguf_Q4_K_M --base-model mistralai/Mistral-7B-v0.1"
    })
final class DocsCommand implements Callable<Integer> {
  private final Terminal terminal;
  private final Workplace workplace;

  @Parameters(
      paramLabel = "RESULT",
      arity = "1..*",
      description = "Result directories, or their names under quantized-models.")
  List<String> results = List.of();

  @Option(
      names = "--base-model",
      paramLabel = "ID",
      description = "The original on the Hugging Face Hub, org/name.")
  @Nullable String baseModel;

  @Option(
      names = "--benchmarks",
      paramLabel = "DIR",
      description = "Where lqmf bench put its results (default: benchmarks).")
  @Nullable Path benchmarks;

  DocsCommand(Terminal terminal, Workplace workplace) {
    this.terminal = terminal;
    this.workplace = workplace;
  }

  @Override
  public Integer call() throws IOException {
    ModelFinder finder = new ModelFinder(workplace.results());
    Path measured = benchmarks == null ? workplace.file(BenchCommand.DIRECTORY) : benchmarks;
    DocumentationAgent agent =
        new DocumentationAgent(
            new BenchStore(measured.resolve(BenchCommand.CACHE), InstantSource.system()));
    for (String result : results) {
      Path directory = Path.of(finder.resultOrInput(result));
      agent
          .document(directory, Optional.ofNullable(baseModel))
          .forEach(file -> terminal.out().println(file));
    }
    return CommandLine.ExitCode.OK;
  }
}
