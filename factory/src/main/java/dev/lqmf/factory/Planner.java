package dev.lqmf.factory;

import dev.lqmf.quant.imatrix.ImportanceMatrix;
import dev.lqmf.quant.imatrix.MeasuredImatrix;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Decides what every GGUF output of a request will be. */
final class Planner {
  private final GgufMethod request;
  private final QuantMethod.Context context;

  Planner(GgufMethod request, QuantMethod.Context context) {
    this.request = request;
    this.context = context;
  }

  /**
   * One plan per output, in the order of the request. Reads or measures the importance matrix,
   * reads no weights otherwise, and writes nothing.
   *
   * @throws InputException if the model cannot become what is asked for
   */
  List<PlannedOutput> plan(SourceModel source, ModelLocation model) throws IOException {
    Optional<Importance> importance = importance(model);
    Optional<ImportanceMatrix> imatrix = importance.map(Importance::matrix);
    Optional<GgufRecipe.Imatrix> imatrixRecipe = importance.map(Importance::recipe);
    var layoutContext = new OutputLayout.Context(source, request, imatrix, context.kernels());
    String fingerprint = SourceFingerprint.of(source.metadata().toBytes(), source.tensors());
    List<PlannedOutput> outputs = new ArrayList<>();
    for (GgufFileType type : request.types()) {
      OutputLayout layout = OutputLayout.of(type, layoutContext);
      GgufRecipe recipe =
          recipe(
              type, source, fingerprint, imatrixRecipe.filter(_ -> layout.imatrix().isPresent()));
      Path directory = context.outputRoot().resolve(source.name() + "_gguf_" + type);
      outputs.add(new PlannedOutput(layout, recipe, directory, context.force()));
    }
    return outputs;
  }

  /** An importance matrix, and what the recipe says of it. */
  private record Importance(ImportanceMatrix matrix, GgufRecipe.Imatrix recipe) {}

  private Optional<Importance> importance(ModelLocation model) throws IOException {
    return switch (request.imatrix().orElse(null)) {
      case null -> Optional.empty();
      case GgufMethod.Importance.File(Path file) ->
          Optional.of(
              new Importance(
                  ImportanceMatrix.read(file),
                  new GgufRecipe.Imatrix(
                      String.valueOf(file.getFileName()),
                      Hashes.sha256(Files.readAllBytes(file)))));
      case GgufMethod.Importance.Measured(Optional<Path> text) -> {
        int threads = Runtime.getRuntime().availableProcessors();
        MeasuredImatrix measured =
            ImatrixJob.of(model.path().toString(), text, threads).run(model, ImatrixJob.SILENT);
        yield Optional.of(
            new Importance(
                measured.importance(),
                new GgufRecipe.Imatrix(measured.dataset(), Hashes.sha256(measured.legacy()))));
      }
    };
  }

  private GgufRecipe recipe(
      GgufFileType type,
      SourceModel source,
      String fingerprint,
      Optional<GgufRecipe.Imatrix> imatrix) {
    MixOptions mix = request.mix();
    return new GgufRecipe(
        GgufRecipe.ENCODER_REVISION,
        source.name(),
        source.architecture(),
        fingerprint,
        type,
        mix.overrides().stream()
            .map(o -> new GgufRecipe.TensorTypeRule(o.pattern(), o.type()))
            .toList(),
        mix.outputTensorType(),
        mix.tokenEmbeddingType(),
        mix.pure(),
        mix.leaveOutputTensor(),
        imatrix,
        request.splitMaxSize());
  }
}
