package dev.lqmf.factory;

import dev.lqmf.quant.imatrix.ImportanceMatrix;
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
   * One plan per output, in the order of the request. Reads the importance matrix, no weights, and
   * writes nothing.
   *
   * @throws InputException if the model cannot become what is asked for
   */
  List<PlannedOutput> plan(SourceModel source) throws IOException {
    Optional<ImportanceMatrix> imatrix = Optional.empty();
    Optional<GgufRecipe.Imatrix> imatrixRecipe = Optional.empty();
    if (request.imatrix().isPresent()) {
      Path file = request.imatrix().get();
      imatrix = Optional.of(ImportanceMatrix.read(file));
      imatrixRecipe =
          Optional.of(
              new GgufRecipe.Imatrix(
                  String.valueOf(file.getFileName()), Hashes.sha256(Files.readAllBytes(file))));
    }
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
