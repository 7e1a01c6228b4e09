package dev.lqmf.factory;

import dev.lqmf.quant.ScalarKernels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * What a method would make of a model: every tensor, every file and its size, as {@link
 * QuantizeJob} would plan it, whatever is there under the results' names. Reads headers and
 * samples; writes nothing.
 */
public final class DryRun {
  private final ModelDownload download;
  private final Consumer<JobEvent> listener;

  /**
   * @param download how a model is fetched that is not on disk; need not bring weights
   * @param listener is told about a download
   */
  public DryRun(ModelDownload download, Consumer<JobEvent> listener) {
    this.download = download;
    this.listener = listener;
  }

  /**
   * Finds a model, downloading it if need be.
   *
   * @param input as {@link QuantizeRequest#input}
   * @throws dev.lqmf.tensor.InputException if there is no such model
   */
  public ModelLocation locate(String input) throws IOException {
    return new InputResolver(download, listener).locate(input);
  }

  /**
   * Plans.
   *
   * @param outputRoot where results would go
   * @throws dev.lqmf.tensor.InputException if the model cannot become what the method makes
   */
  public JobPlan plan(ModelLocation location, QuantMethod method, Path outputRoot)
      throws IOException {
    var context =
        new QuantMethod.Context(
            outputRoot,
            true,
            new ScalarKernels(),
            Runtime.getRuntime().availableProcessors(),
            true,
            listener);
    try (PreparedModel model = method.prepare(location, context)) {
      return new JobPlan(
          model.name(),
          model.architecture(),
          model.source().origin(),
          model.inputBytes(),
          model.elements(),
          model.workingBytes(),
          model.outputs().stream().map(output -> output.plan(false)).toList(),
          model.notes());
    }
  }
}
