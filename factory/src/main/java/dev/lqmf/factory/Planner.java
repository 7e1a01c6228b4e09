package dev.lqmf.factory;

import dev.lqmf.quant.Kernels;
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

/** Decides what every output of a request will be. */
final class Planner {
  private final QuantizeRequest request;
  private final Kernels kernels;

  Planner(QuantizeRequest request, Kernels kernels) {
    this.request = request;
    this.kernels = kernels;
  }

  /**
   * One plan per output, in the order of the request. Reads the importance matrix, no weights, and
   * writes nothing.
   *
   * @throws InputException if the model cannot become what is asked for
   */
  List<PlannedOutput> plan(SourceModel source) throws IOException {
    Optional<ImportanceMatrix> imatrix = Optional.empty();
    Optional<Recipe.Imatrix> imatrixRecipe = Optional.empty();
    if (request.imatrix().isPresent()) {
      Path file = request.imatrix().get();
      imatrix = Optional.of(ImportanceMatrix.read(file));
      imatrixRecipe =
          Optional.of(
              new Recipe.Imatrix(
                  String.valueOf(file.getFileName()), Hashes.sha256(Files.readAllBytes(file))));
    }
    var context = new OutputLayout.Context(source, request, imatrix, kernels);
    String fingerprint = SourceFingerprint.of(source.metadata(), source.tensors());
    List<PlannedOutput> outputs = new ArrayList<>();
    for (GgufFileType type : request.types()) {
      OutputLayout layout = OutputLayout.of(type, context);
      Recipe recipe =
          recipe(
              type, source, fingerprint, imatrixRecipe.filter(_ -> layout.imatrix().isPresent()));
      Path directory = request.outputRoot().resolve(source.name() + "_gguf_" + type);
      outputs.add(new PlannedOutput(layout, recipe, directory, request.force()));
    }
    return outputs;
  }

  private Recipe recipe(
      GgufFileType type, SourceModel source, String fingerprint, Optional<Recipe.Imatrix> imatrix) {
    MixOptions mix = request.mix();
    return new Recipe(
        Recipe.ENCODER_REVISION,
        source.name(),
        source.architecture(),
        fingerprint,
        type,
        mix.overrides().stream()
            .map(o -> new Recipe.TensorTypeRule(o.pattern(), o.type()))
            .toList(),
        mix.outputTensorType(),
        mix.tokenEmbeddingType(),
        mix.pure(),
        mix.leaveOutputTensor(),
        imatrix,
        request.splitMaxSize());
  }
}
