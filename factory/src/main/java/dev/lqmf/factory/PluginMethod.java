package dev.lqmf.factory;

import dev.lqmf.factory.plugin.LayerMethod;
import dev.lqmf.factory.plugin.LayerOption;
import dev.lqmf.factory.plugin.LayerQuantizer;
import dev.lqmf.model.CheckpointWeights;
import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.Float32Weights;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.TransposedWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.stream.Faults;
import dev.lqmf.quant.stream.StreamingQuantizer;
import dev.lqmf.quant.stream.WorkerThreads;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A plugin's method: a checkpoint in a directory {@code <model>_<suffix>}. Layers are quantized one
 * by one, each by one thread, so that a thread needs the memory of a layer.
 */
public final class PluginMethod implements QuantMethod {
  private final LayerMethod method;
  private final SortedMap<String, String> options;
  private final LayerQuantizer quantizer;

  /**
   * The method with options.
   *
   * @param given values by the names of options
   * @throws InputException if there is no such option, or it cannot have that value
   */
  public PluginMethod(LayerMethod method, Map<String, String> given) {
    this.method = method;
    this.options = new TreeMap<>();
    for (LayerOption option : method.options()) {
      options.put(option.name(), given.getOrDefault(option.name(), option.defaultValue()));
    }
    for (String name : given.keySet()) {
      if (!options.containsKey(name)) {
        throw new InputException(
            "the method %s has no option %s".formatted(method.name(), InputException.quote(name)),
            options.isEmpty()
                ? "leave it out"
                : "use one of " + String.join(", ", options.keySet()));
      }
    }
    this.quantizer = method.configure(Map.copyOf(options));
  }

  @Override
  public String name() {
    return method.name();
  }

  @Override
  public PreparedModel prepare(ModelLocation model, Context context) throws IOException {
    Path directory = model.path();
    if (!Files.isRegularFile(directory.resolve("config.json"))) {
      throw new InputException(
          "%s is no Hugging Face checkpoint, which %s needs".formatted(directory, name()),
          "name a directory with config.json and the weights");
    }
    HfConfig config = HfConfig.read(new ModelFiles(directory));
    if (config.object("quantization_config").filter(q -> !q.isEmpty()).isPresent()) {
      throw new InputException(
          config.file() + ": the weights are quantized already",
          "start from the checkpoint in full precision");
    }
    Network network = Families.network(config);
    TensorSource stored = Checkpoints.open(directory);
    try {
      return prepare(model, config, network, stored, context);
    } catch (IOException | RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  private PreparedModel prepare(
      ModelLocation model, HfConfig config, Network network, TensorSource source, Context context)
      throws IOException {
    Map<String, Linear> layers = layers(network, source);
    Map<String, List<GptqContents.Item>> files = new LinkedHashMap<>();
    for (TensorInfo tensor : source.tensors()) {
      Linear layer = layers.get(tensor.name());
      files
          .computeIfAbsent(source.file(tensor), _ -> new ArrayList<>())
          .add(
              layer == null
                  ? new GptqContents.Item.Kept(tensor)
                  : new GptqContents.Item.Quantized(
                      tensor, layer, quantizer.tensors(module(tensor), layer.in(), layer.out())));
    }
    if (layers.isEmpty()) {
      throw new InputException(
          "%s quantizes no linear layer of %s".formatted(name(), model.path()),
          "use another method, or other options");
    }
    List<CheckpointFiles.Kept> kept = CheckpointFiles.of(model.path());
    Map<String, Map<String, Object>> own = new TreeMap<>(quantizer.files());
    List<OutputContents.SmallFile> others = new ArrayList<>();
    Map<String, Object> added = own.remove("config.json");
    others.add(
        new GptqContents.Text(
            "config.json", ExtendedConfig.of(config, added == null ? Map.of() : added)));
    own.forEach(
        (name, values) ->
            others.add(
                new GptqContents.Text(
                    name, Json.readable(values).getBytes(StandardCharsets.UTF_8))));
    kept.stream().filter(k -> !own.containsKey(k.name())).forEach(others::add);
    GptqContents contents =
        GptqContents.of(quantizer.label(), List.copyOf(files.values()), others, List.of());
    String modelType = config.string("model_type").orElse("");
    Recipe recipe =
        new PluginRecipe(
            name(),
            quantizer.revision(),
            model.name(),
            modelType,
            SourceFingerprint.of(CheckpointFiles.about(config, kept), source),
            options);
    Path directory = context.outputRoot().resolve(model.name() + "_" + quantizer.suffix());
    return new Prepared(
        model.name(),
        modelType.isEmpty() ? network.name() : modelType,
        source,
        contents,
        new PlannedOutput(contents, recipe, directory, context.force()));
  }

  private static String module(TensorInfo tensor) {
    return tensor.name().substring(0, tensor.name().length() - ".weight".length());
  }

  /** The layers that are quantized, by the names that the checkpoint has for their weights. */
  private Map<String, Linear> layers(Network network, TensorSource source) {
    Map<String, Weights> plain = new LinkedHashMap<>();
    Map<Weights, String> names = new java.util.IdentityHashMap<>();
    for (TensorInfo tensor : source.tensors()) {
      Weights weights = new StoredWeights(source, tensor);
      plain.put(tensor.name(), weights);
      names.put(weights, tensor.name());
    }
    ModuleWeights weights = CheckpointWeights.of(network, source.origin(), plain);
    return network
        .linears()
        .filter(l -> quantizer.supports(l.in(), l.out()))
        .filter(l -> weights.find(l.weight()).filter(names::containsKey).isPresent())
        .collect(
            Collectors.toMap(
                l -> names.get(weights.find(l.weight()).orElseThrow()),
                Function.identity(),
                (a, _) -> a,
                LinkedHashMap::new));
  }

  private final class Prepared extends PreparedModel {
    private final GptqContents contents;

    Prepared(
        String name,
        String architecture,
        TensorSource source,
        GptqContents contents,
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
        new StreamingQuantizer(kernels, threads)
            .run(source(), contents.copies(writer.files()), progress, cancelled);
        var places =
            new ConcurrentLinkedQueue<GptqContents.Place>(contents.places(writer.files()).values());
        WorkerThreads.run(
            Math.min(threads, places.size()),
            stop -> {
              for (var place = places.poll();
                  place != null && !stop.getAsBoolean();
                  place = places.poll()) {
                quantize(place, kernels);
                TensorInfo tensor = place.item().tensor();
                progress.advanced(tensor.name(), tensor.byteSize());
              }
            },
            cancelled);
      }
    }

    private void quantize(GptqContents.Place place, Kernels kernels) throws IOException {
      Linear layer = place.item().layer();
      float[] weights = read(place.item());
      if (!Float.isFinite(kernels.peak(weights, 0, weights.length))) {
        throw Faults.notFinite(source(), place.item().tensor(), weights, 0);
      }
      try (Arena arena = Arena.ofConfined()) {
        List<MemorySegment> tensors =
            place.item().stored().stream()
                .map(t -> arena.allocate(t.byteSize(), Long.BYTES))
                .toList();
        quantizer.quantize(weights, layer.in(), layer.out(), tensors);
        for (int i = 0; i < tensors.size(); i++) {
          place.sink().write(place.index() + i, 0, tensors.get(i));
        }
      }
    }

    private float[] read(GptqContents.Item.Quantized item) throws IOException {
      Weights weights = Float32Weights.of(new StoredWeights(source(), item.tensor()));
      if (item.layer().transposed()) {
        weights = new TransposedWeights(weights);
      }
      float[] values = new float[Math.toIntExact(weights.shape().elements())];
      weights.read(0, MemorySegment.ofArray(values));
      return values;
    }
  }
}
