package dev.lqmf.factory;

import dev.lqmf.quant.imatrix.ImportanceMatrix;
import dev.lqmf.quant.imatrix.MeasuredImatrix;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.quant.mix.TypeOverride;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Decides what every GGUF output of a request will be. */
final class Planner {
  private final GgufMethod request;
  private final QuantMethod.Context context;
  private final List<String> notes = new ArrayList<>();

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
    noteIdlePatterns(source);
    String fingerprint = SourceFingerprint.of(source.metadata().toBytes(), source.tensors());
    Optional<Importance> importance = importance(source, model, fingerprint);
    Optional<ImportanceMatrix> imatrix = importance.map(Importance::matrix);
    Optional<GgufRecipe.Imatrix> imatrixRecipe = importance.map(Importance::recipe);
    var layoutContext = new OutputLayout.Context(source, request, imatrix, context.kernels());
    List<PlannedOutput> outputs = new ArrayList<>();
    for (GgufFileType type : request.types()) {
      OutputLayout layout = OutputLayout.of(type, layoutContext);
      GgufRecipe recipe =
          recipe(
              type, source, fingerprint, imatrixRecipe.filter(_ -> layout.imatrix().isPresent()));
      Path directory = context.outputRoot().resolve(source.name() + "_gguf_" + type);
      boolean unsure = importance.isPresent() && importance.get().unmeasured();
      outputs.add(new PlannedOutput(layout, recipe, directory, context.force() || unsure));
    }
    return outputs;
  }

  /**
   * A pattern that matches nothing is often a slip; but one set of options may serve several
   * models, and {@code llama-quantize} takes it as well.
   */
  private void noteIdlePatterns(SourceModel source) {
    for (TypeOverride override : request.mix().overrides()) {
      if (source.tensors().tensors().stream().noneMatch(t -> override.matches(t.name()))) {
        notes.add(
            "--tensor-type %s matches no tensor of %s"
                .formatted(InputException.quote(override.pattern()), source.name()));
      }
    }
  }

  /** Sentences for people, once it has planned. */
  List<String> notes() {
    return List.copyOf(notes);
  }

  /**
   * An importance matrix, and what the recipe says of it.
   *
   * @param unmeasured whether it only stands for one that is to be measured
   */
  private record Importance(
      ImportanceMatrix matrix, GgufRecipe.Imatrix recipe, boolean unmeasured) {}

  private Optional<Importance> importance(
      SourceModel source, ModelLocation model, String fingerprint) throws IOException {
    return switch (request.imatrix().orElse(null)) {
      case null -> Optional.empty();
      case GgufMethod.Importance.File(Path file) ->
          Optional.of(
              new Importance(
                  ImportanceMatrix.read(file),
                  new GgufRecipe.Imatrix(
                      String.valueOf(file.getFileName()), Hashes.sha256(Files.readAllBytes(file))),
                  false));
      case GgufMethod.Importance.Measured(Optional<Path> text) -> {
        Optional<MeasuredImatrix> measured =
            ImatrixJob.of(model.path().toString(), text, context.threads())
                .run(
                    model,
                    fingerprint,
                    KeptImatrices.in(context.outputRoot()),
                    context.planOnly() ? Optional.empty() : Optional.of(context.listener()));
        if (measured.isEmpty()) {
          notes.add("the importance matrix is not measured yet; that is done before quantizing");
        }
        MeasuredImatrix matrix = measured.orElseGet(() -> placeholder(source));
        yield Optional.of(
            new Importance(
                matrix.importance(),
                new GgufRecipe.Imatrix(matrix.dataset(), Hashes.sha256(matrix.legacy())),
                measured.isEmpty()));
      }
    };
  }

  /** Decides types and sizes as a measured one does: these do not depend on its values. */
  private static MeasuredImatrix placeholder(SourceModel source) {
    SortedMap<String, MeasuredImatrix.Entry> entries = new TreeMap<>();
    for (TensorInfo tensor : source.tensors().tensors()) {
      Shape shape = tensor.shape();
      if (shape.rank() > 1) {
        int columns = Math.toIntExact(shape.rowLength());
        int matrices = shape.rank() > 2 ? Math.toIntExact(shape.dim(0)) : 1;
        entries.put(
            tensor.name(),
            new MeasuredImatrix.Entry(new float[columns * matrices], new long[matrices]));
      }
    }
    return new MeasuredImatrix(entries, "not measured yet", 0, 1);
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
