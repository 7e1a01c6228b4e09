package dev.lqmf.factory;

import dev.lqmf.model.LinearLayers;
import dev.lqmf.model.LinearLayers.Role;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.bnb.BnbMatrix;
import dev.lqmf.quant.bnb.BnbNames;
import dev.lqmf.quant.bnb.BnbOptions;
import dev.lqmf.quant.bnb.BnbQuantizer;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * A checkpoint that Transformers loads with bitsandbytes, in a directory {@code <model>_bnb_4bit}
 * or {@code <model>_bnb_8bit}. Works for any model whose linear layers {@link LinearLayers} finds;
 * the weights are quantized as they are stored, whatever type the configuration wants them loaded
 * in.
 */
public record BnbMethod(BnbOptions options) implements QuantMethod {

  /** As {@code --method} takes it. */
  public static final String NAME = "bnb";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public PreparedModel prepare(ModelLocation model, Context context) throws IOException {
    Path directory = model.path();
    if (!Files.isRegularFile(directory.resolve("config.json"))) {
      throw new InputException(
          directory + " is no Hugging Face checkpoint, from which bitsandbytes ones are made",
          "name a directory with config.json and the weights");
    }
    HfConfig config = HfConfig.read(new ModelFiles(directory));
    config
        .object("quantization_config")
        .filter(q -> !q.isEmpty())
        .ifPresent(
            q -> {
              throw new InputException(
                  "%s: the weights are quantized already (%s)"
                      .formatted(
                          config.file(), q.string("quant_method").orElse("an unnamed method")),
                  "start from the checkpoint in full precision");
            });
    TensorSource stored = Checkpoints.open(directory);
    try {
      return prepare(model, config, stored, context);
    } catch (IOException | RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  private PreparedModel prepare(
      ModelLocation model, HfConfig config, TensorSource stored, Context context)
      throws IOException {
    LinearLayers layers = LinearLayers.of(config);
    Map<TensorInfo, Role> roles = new LinkedHashMap<>();
    stored.tensors().forEach(t -> roles.put(t, layers.role(t)));
    Set<String> quantized = quantized(model, roles);
    TensorSource source =
        LinearLayers.turned(
            stored, t -> roles.get(t) == Role.CONV1D && quantized.contains(t.name()));

    Map<String, List<BnbContents.Item>> files = new LinkedHashMap<>();
    Optional<TensorType> dtype = Optional.empty();
    for (TensorInfo tensor : source.tensors()) {
      BnbContents.Item item = new BnbContents.Item.Kept(tensor);
      if (quantized.contains(tensor.name())) {
        BnbMatrix matrix = matrix(tensor);
        item = new BnbContents.Item.Quantized(matrix);
        dtype = dtype.or(() -> Optional.of(matrix.dtype()));
      }
      files.computeIfAbsent(source.file(tensor), _ -> new ArrayList<>()).add(item);
    }
    List<CheckpointFiles.Kept> kept = CheckpointFiles.of(model.path());
    List<OutputContents.SmallFile> others = new ArrayList<>();
    others.add(
        new BnbContents.Text(
            "config.json",
            BnbConfig.of(
                config, options, dtype.orElseThrow(), BnbConfig.skipped(roles, quantized))));
    others.addAll(kept);
    BnbContents contents =
        BnbContents.of(options.label(), List.copyOf(files.values()), others, warnings(roles));
    String modelType = config.string("model_type").orElse("");
    Recipe recipe =
        BnbRecipe.of(
            model.name(),
            modelType,
            SourceFingerprint.of(CheckpointFiles.about(config, kept), stored),
            options);
    Path directory = context.outputRoot().resolve(model.name() + "_bnb_" + options.bits() + "bit");
    return new Prepared(
        model.name(),
        modelType.isEmpty() ? "a model of an unnamed type" : modelType,
        source,
        contents,
        new PlannedOutput(contents, recipe, directory, context.force()));
  }

  private Set<String> quantized(ModelLocation model, Map<TensorInfo, Role> roles) {
    List<String> loadable =
        roles.entrySet().stream()
            .filter(e -> e.getValue().isBitsAndBytes() && e.getKey().shape().elements() > 0)
            .map(e -> e.getKey().name())
            .toList();
    if (loadable.isEmpty()) {
      throw new InputException(
          roles.containsValue(Role.OWN)
              ? "the linear layers of %s are of a class of their own, which Transformers does not load quantized"
                  .formatted(model.path())
              : "%s has no linear layers that Transformers loads quantized".formatted(model.path()),
          "make a GGUF of it, if lqmf check says that it can become one");
    }
    for (String skip : options.skip()) {
      boolean known =
          loadable.stream()
              .map(BnbNames::module)
              .anyMatch(m -> m.equals(skip) || m.endsWith("." + skip));
      if (!known) {
        throw new InputException(
            "--skip %s names no linear layer of %s"
                .formatted(InputException.quote(skip), model.path()),
            "name a module or the end of its path, as in " + BnbNames.module(loadable.getLast()));
      }
    }
    Set<String> quantized =
        loadable.stream()
            .filter(n -> !options.skips(BnbNames.module(n)))
            .collect(Collectors.toSet());
    if (quantized.isEmpty()) {
      throw new InputException(
          "--skip leaves no linear layer of %s to quantize".formatted(model.path()),
          "skip fewer modules");
    }
    return quantized;
  }

  private BnbMatrix matrix(TensorInfo tensor) {
    BnbMatrix matrix = new BnbMatrix(tensor, options);
    if (!matrix.fitsStorage()) {
      throw new InputException(
          "the packed codes of tensor %s (%s) do not fill whole elements of %s"
              .formatted(InputException.quote(tensor.name()), tensor.shape(), options.storage()),
          "use --quant-storage uint8");
    }
    return matrix;
  }

  private static List<String> warnings(Map<TensorInfo, Role> roles) {
    List<String> warnings = new ArrayList<>();
    long experts = roles.values().stream().filter(r -> r == Role.EXPERT).count();
    if (experts > 0) {
      warnings.add(
          ("%d matrices of experts stay as they are, since Transformers stacks them when it loads"
                  + " a model, and does not quantize stacks")
              .formatted(experts));
    }
    return warnings;
  }

  private static final class Prepared extends PreparedModel {
    private final BnbContents contents;

    Prepared(
        String name,
        String architecture,
        TensorSource source,
        BnbContents contents,
        PlannedOutput output) {
      super(name, architecture, source, List.of(), List.of(output));
      this.contents = contents;
    }

    @Override
    void encode(
        List<OutputWriter> writers,
        Kernels kernels,
        int threads,
        ProgressReporter progress,
        BooleanSupplier cancelled)
        throws IOException {
      for (OutputWriter writer : writers) {
        new BnbQuantizer(kernels, threads)
            .run(source(), contents.tasks(writer.files()), progress, cancelled);
      }
    }
  }
}
