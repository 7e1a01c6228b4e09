package dev.lqmf.factory;

import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.mix.GgufFileType;
import dev.lqmf.quant.mix.MixOptions;
import dev.lqmf.quant.mix.MixRules;
import dev.lqmf.quant.stream.StreamingQuantizer;
import dev.lqmf.quant.stream.TensorTarget;
import dev.lqmf.quant.stream.TensorTask;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * GGUF files for llama.cpp, Ollama and others; each becomes a directory {@code
 * <model>_gguf_<TYPE>}.
 *
 * @param types the outputs, at least one, without duplicates; all are made in one reading
 * @param mix options about the types of single tensors
 * @param imatrix where the importance matrix comes from, if there is to be one
 * @param splitMaxSize largest sum of tensor bytes in one file of an output; absent: one file
 */
public record GgufMethod(
    List<GgufFileType> types,
    MixOptions mix,
    Optional<Importance> imatrix,
    OptionalLong splitMaxSize)
    implements QuantMethod {

  /** As {@code --method} takes it. */
  public static final String NAME = "gguf";

  /** Where an importance matrix comes from. */
  public sealed interface Importance {
    /** A file of either form. */
    record File(Path path) implements Importance {}

    /**
     * The model itself, which reads a text first.
     *
     * @param text absent: the one that comes with the program
     */
    record Measured(Optional<Path> text) implements Importance {}
  }

  /**
   * Checks what can be checked without touching a file.
   *
   * @throws InputException if no type is given, one is given twice, or the size is out of range
   */
  public GgufMethod {
    types = List.copyOf(types);
    if (types.isEmpty()) {
      throw new InputException("no output type given", "name at least one, as in --type Q4_K_M");
    }
    if (types.stream().distinct().count() != types.size()) {
      throw new InputException("an output type is given twice in " + types, "name each once");
    }
    if (splitMaxSize.isPresent() && splitMaxSize.getAsLong() < 1) {
      throw new InputException(
          "a file of at most " + splitMaxSize.getAsLong() + " bytes holds no tensor",
          "give a larger split size, as in 2G");
    }
  }

  @Override
  public double leastBitsPerWeight() {
    // Mixes give tensors more bits than the type's own, but options may give them less.
    return mix.equals(MixOptions.NONE)
        ? types.stream().mapToDouble(t -> t.defaultType().bitsPerWeight()).sum()
        : 0;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public PreparedModel prepare(ModelLocation model, Context context) throws IOException {
    SourceModel source =
        model.onDisk()
            ? SourceModel.open(model.path())
            : SourceModel.openCheckpoint(model.path(), model.name());
    try {
      Planner planner = new Planner(this, context);
      List<PlannedOutput> outputs = planner.plan(source, model);
      List<String> notes = new ArrayList<>(source.notes());
      notes.addAll(planner.notes());
      return new Prepared(source, notes, outputs, imatrix.isPresent());
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  @Override
  public void warmUp(Kernels kernels) {
    warmUp(kernels, types, imatrix.isPresent());
  }

  /**
   * Has the kernels compiled that such files usually take.
   *
   * @param weighted whether there is an importance matrix
   */
  public static void warmUp(Kernels kernels, List<GgufFileType> types, boolean weighted) {
    Set<TensorType> likely = EnumSet.noneOf(TensorType.class);
    for (GgufFileType type : types) {
      likely.addAll(MixRules.usualTypes(type));
    }
    kernels.warmUp(EnumSet.of(TensorType.F16, TensorType.BF16), likely, weighted);
  }

  private static final class Prepared extends PreparedModel {
    private final SourceModel source;
    private final boolean weighted;

    Prepared(
        SourceModel source, List<String> notes, List<PlannedOutput> outputs, boolean weighted) {
      super(source.name(), source.architecture(), source.tensors(), notes, outputs);
      this.source = source;
      this.weighted = weighted;
    }

    @Override
    void encode(
        List<OutputWriter> writers,
        Kernels kernels,
        int threads,
        ProgressReporter progress,
        BooleanSupplier cancelled)
        throws IOException {
      List<TensorTask> tasks = tasks(writers);
      kernels.warmUp(
          tasks.stream().map(task -> task.tensor().type()).collect(Collectors.toSet()),
          tasks.stream()
              .flatMap(task -> task.targets().stream().map(TensorTarget::type))
              .collect(Collectors.toSet()),
          weighted);
      new StreamingQuantizer(kernels, threads).run(source.tensors(), tasks, progress, cancelled);
    }

    private List<TensorTask> tasks(List<OutputWriter> writers) {
      // All outputs share the same weights.
      Map<String, List<float[]>> importance = new HashMap<>();
      List<Map<String, TensorTarget>> targets = new ArrayList<>();
      for (OutputWriter writer : writers) {
        OutputLayout layout = (OutputLayout) writer.output().contents();
        targets.add(
            layout.targets(
                writer.files(),
                tensor ->
                    importance.computeIfAbsent(
                        tensor.name(), _ -> layout.imatrix().orElseThrow().columns(tensor))));
      }
      return source.tensors().tensors().stream()
          .map(
              tensor ->
                  new TensorTask(
                      tensor,
                      targets.stream()
                          .map(t -> Objects.requireNonNull(t.get(tensor.name())))
                          .toList()))
          .toList();
    }
  }
}
