package dev.lqmf.factory;

import dev.lqmf.factory.calibration.CalibrationText;
import dev.lqmf.factory.calibration.CalibrationTokens;
import dev.lqmf.model.CheckpointWeights;
import dev.lqmf.model.arch.Families;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.gptq.GptqMatrix;
import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.quant.stream.StreamingQuantizer;
import dev.lqmf.tensor.Checkpoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.tokenizer.TextTokenizer;
import dev.lqmf.torch.ComputeDevice;
import dev.lqmf.torch.TorchOptions;
import dev.lqmf.torch.gptq.GptqListener;
import dev.lqmf.torch.gptq.GptqRun;
import dev.lqmf.torch.gptq.LayerReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A GPTQ checkpoint that Transformers and GPTQModel load, in a directory {@code
 * <model>_gptq_<BITS>bit}. The model reads a calibration text, block by block, and each layer is
 * quantized so that its outputs change least. Layers are kept as they come: a run that was
 * interrupted is gone on with by the next one of the same recipe, and gives the same bytes.
 */
public record GptqMethod(GptqOptions options) implements QuantMethod {

  /** As {@code --method} takes it. */
  public static final String NAME = "gptq";

  private static final String QUANTIZER = "lqmf:" + GptqRecipe.ENCODER_REVISION + ".0";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Optional<QuantMethod> onCpu() {
    return options.device() == ComputeDevice.CPU
        ? Optional.empty()
        : Optional.of(new GptqMethod(options.onCpu()));
  }

  @Override
  public PreparedModel prepare(ModelLocation model, Context context) throws IOException {
    Path directory = model.path();
    if (!Files.isRegularFile(directory.resolve("config.json"))) {
      throw new InputException(
          directory + " is no Hugging Face checkpoint, from which GPTQ ones are made",
          "name a directory with config.json and the weights");
    }
    HfConfig config = HfConfig.read(new ModelFiles(directory));
    refuseQuantized(config, directory);
    Network network = Families.network(config);
    TensorSource stored = Checkpoints.open(directory);
    try {
      return prepare(model, config, network, stored, context);
    } catch (IOException | RuntimeException e) {
      stored.close();
      throw e;
    }
  }

  private static void refuseQuantized(HfConfig config, Path directory) {
    Optional<String> method =
        config
            .object("quantization_config")
            .filter(q -> !q.isEmpty())
            .map(q -> q.string("quant_method").orElse("an unnamed method"));
    if (method.isEmpty() && Files.exists(directory.resolve("quantize_config.json"))) {
      method = Optional.of("quantize_config.json describes it");
    }
    if (method.isPresent()) {
      throw new InputException(
          "%s: the weights are quantized already (%s)".formatted(config.file(), method.get()),
          "start from the checkpoint in full precision");
    }
  }

  private PreparedModel prepare(
      ModelLocation model, HfConfig config, Network network, TensorSource source, Context context)
      throws IOException {
    Map<String, Weights> plain = new LinkedHashMap<>();
    Map<Weights, TensorInfo> tensors = new IdentityHashMap<>();
    for (TensorInfo tensor : source.tensors()) {
      Weights weights = new StoredWeights(source, tensor);
      plain.put(tensor.name(), weights);
      tensors.put(weights, tensor);
    }
    ModuleWeights weights = CheckpointWeights.of(network, source.origin(), plain);
    Map<TensorInfo, Linear> quantized = new HashMap<>();
    List<String> left = new ArrayList<>();
    for (Linear layer : layers(model, network, weights).toList()) {
      TensorInfo tensor = stored(layer, weights, tensors);
      if (GptqMatrix.supports(options.settings().bits(), layer.in(), layer.out())) {
        quantized.put(tensor, layer);
      } else {
        left.add(layer.module());
      }
    }
    if (quantized.isEmpty()) {
      throw new InputException(
          "none of the linear layers of %s can be stored: their sides are no multiples of 32"
              .formatted(model.path()),
          "quantize it with --method bnb, or make a GGUF of it");
    }
    CalibrationText text = CalibrationText.of(options.calibration());
    CalibrationTokens tokens = tokens(model.path(), network, text);

    GptqSettings settings = options.settings();
    Map<String, List<GptqContents.Item>> files = new LinkedHashMap<>();
    for (TensorInfo tensor : source.tensors()) {
      Linear layer = quantized.get(tensor);
      files
          .computeIfAbsent(source.file(tensor), _ -> new ArrayList<>())
          .add(
              layer == null
                  ? new GptqContents.Item.Kept(tensor)
                  : GptqContents.Item.Quantized.of(tensor, layer, settings));
    }
    List<CheckpointFiles.Kept> kept = CheckpointFiles.of(model.path());
    QuantizedModules modules =
        new QuantizedModules(
            layers(model, network, weights)
                .filter(quantized::containsValue)
                .map(Linear::module)
                .toList(),
            left);
    Map<String, Object> quantization =
        settings.config(QUANTIZER, options.head(), modules.config(network));
    List<OutputContents.SmallFile> others = new ArrayList<>();
    others.add(
        new GptqContents.Text(
            "config.json", ExtendedConfig.of(config, Map.of("quantization_config", quantization))));
    others.add(
        new GptqContents.Text(
            "quantize_config.json", Json.readable(quantization).getBytes(StandardCharsets.UTF_8)));
    others.addAll(kept);
    GptqContents contents =
        GptqContents.of(
            "GPTQ " + settings.bits() + " bit",
            List.copyOf(files.values()),
            others,
            warnings(left, tokens, network));
    String modelType = config.string("model_type").orElse("");
    Recipe recipe =
        GptqRecipe.of(
            model.name(),
            modelType,
            SourceFingerprint.of(CheckpointFiles.about(config, kept), source),
            options,
            text.name(),
            tokens);
    Path directory = context.outputRoot().resolve(model.name() + suffix(settings));
    return new Prepared(
        model.name(),
        modelType.isEmpty() ? network.name() : modelType,
        source,
        network,
        weights,
        contents,
        tokens,
        options,
        new PlannedOutput(contents, recipe, directory, context.force()));
  }

  private Stream<Linear> layers(ModelLocation model, Network network, ModuleWeights weights) {
    if (!options.head()) {
      return network.linears();
    }
    Linear head = network.head().projection();
    if (weights.find(head.weight()).isEmpty()
        || network.head().transform().isPresent()
        || network.head().projectIn().isPresent()) {
      throw new InputException(
          "the output head of %s is not a linear layer of its own, so --lm-head does not apply"
              .formatted(model.path()),
          "leave --lm-head out");
    }
    return Stream.concat(network.linears(), Stream.of(head));
  }

  private static TensorInfo stored(
      Linear layer, ModuleWeights weights, Map<Weights, TensorInfo> tensors) {
    TensorInfo tensor = weights.find(layer.weight()).map(tensors::get).orElse(null);
    if (tensor == null) {
      throw new InputException(
          "%s has no tensor %s".formatted(weights.origin(), InputException.quote(layer.weight())),
          "check that config.json belongs to these weights, or download them again");
    }
    Shape expected =
        layer.transposed() ? Shape.of(layer.in(), layer.out()) : Shape.of(layer.out(), layer.in());
    if (!tensor.shape().equals(expected)) {
      throw new InputException(
          "%s: tensor %s is %s, but the configuration asks for %s"
              .formatted(
                  weights.origin(), InputException.quote(tensor.name()), tensor.shape(), expected),
          "check that config.json belongs to these weights, or download them again");
    }
    return tensor;
  }

  private CalibrationTokens tokens(Path directory, Network network, CalibrationText text)
      throws IOException {
    int limit = network.maxLength().orElse(Integer.MAX_VALUE);
    int usual = Math.min(limit, network.trainedLength().orElse(limit));
    int length = options.sequenceLength().orElse(Math.min(GptqOptions.DEFAULT_LENGTH, usual));
    if (length > limit) {
      throw new InputException(
          "%s reads %d tokens at most, not sequences of %d".formatted(directory, limit, length),
          "use shorter sequences: --seqlen " + limit);
    }
    try (TextTokenizer tokenizer = TextTokenizer.ofCheckpoint(directory)) {
      return text.samples(tokenizer, length, options.samples());
    }
  }

  private List<String> warnings(List<String> left, CalibrationTokens tokens, Network network) {
    List<String> warnings = new ArrayList<>();
    if (!left.isEmpty()) {
      warnings.add(
          "%d layers stay as they are, since their sides are no multiples of 32: %s%s"
              .formatted(left.size(), left.getFirst(), left.size() > 1 ? ", ..." : ""));
    }
    if (tokens.count() < options.samples()) {
      warnings.add(
          "the calibration text has only %d samples of %d tokens, not %d"
              .formatted(tokens.count(), tokens.length(), options.samples()));
    }
    int trained = network.trainedLength().orElse(Integer.MAX_VALUE);
    if (tokens.length() > trained) {
      warnings.add(
          "samples of %d tokens are longer than the %d that the model was trained with: --seqlen %d"
              .formatted(tokens.length(), trained, trained));
    }
    return warnings;
  }

  /** What tells results of other settings from each other. */
  private static String suffix(GptqSettings settings) {
    GptqSettings usual = GptqSettings.DEFAULTS;
    return "_gptq_"
        + settings.bits()
        + "bit"
        + (settings.groupSize() == usual.groupSize() ? "" : "_g" + settings.groupSize())
        + (settings.symmetric() ? "" : "_asym")
        + (settings.actOrder() ? "_act" : "");
  }

  private static final class Prepared extends PreparedModel {
    private final Network network;
    private final ModuleWeights weights;
    private final GptqContents contents;
    private final CalibrationTokens tokens;
    private final GptqOptions options;

    Prepared(
        String name,
        String architecture,
        TensorSource source,
        Network network,
        ModuleWeights weights,
        GptqContents contents,
        CalibrationTokens tokens,
        GptqOptions options,
        PlannedOutput output) {
      super(name, architecture, source, List.of(), List.of(output));
      this.network = network;
      this.weights = weights;
      this.contents = contents;
      this.tokens = tokens;
      this.options = options;
    }

    @Override
    long workingBytes() {
      return options.device() == ComputeDevice.CPU ? CalibrationMemory.gptq(network, tokens) : 0;
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
        Map<Linear, GptqContents.Place> places = contents.places(writer.files());
        GptqRun.quantize(
            network,
            weights,
            new TorchOptions(
                options.device(),
                TorchOptions.DEFAULTS.precision(),
                TorchOptions.DEFAULTS.maxMemory(),
                OptionalInt.of(threads)),
            tokens.ids(),
            options.settings(),
            options.head(),
            new SolvedLayers(writer.kept(), options.settings(), places),
            new Listener(places, progress, cancelled));
      }
    }
  }

  /** Tells the job what the run tells, and ends the run if the job is to end. */
  private record Listener(
      Map<Linear, GptqContents.Place> places, ProgressReporter progress, BooleanSupplier cancelled)
      implements GptqListener {

    @Override
    public void layer(LayerReport report) {
      progress.tell(new JobEvent.LayerQuantized(report));
      GptqContents.Place place = places.get(report.layer());
      if (place != null) {
        progress.advanced(report.layer().module(), place.item().tensor().byteSize());
      }
      computing();
    }

    @Override
    public void computing() {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException("cancelled");
      }
    }

    @Override
    public void warning(String message) {
      progress.tell(new JobEvent.Notice(message));
    }
  }
}
