package dev.lqmf.torch.gptq;

import dev.lqmf.model.CheckpointWeights;
import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.config.ModelFiles;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.JoinedWeights;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.gptq.ZeroPoints;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import dev.lqmf.torch.PackedWeights;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A GPTQ checkpoint as the model it was made from: tensors by their original names, decoded while
 * they are read, so that only packed weights are read from the file and nothing is kept.
 *
 * <p>Format {@code gptq} and {@code gptq_v2} differ in their zero points only. Where the zero
 * points of the first module show which it is, they count, and not the label.
 */
public final class GptqCheckpoint implements ModuleWeights {
  private static final String QWEIGHT = ".qweight";
  private static final String GATE_UP = ".gate_up_proj.weight";
  private static final List<String> PACKED = List.of(QWEIGHT, ".qzeros", ".scales", ".g_idx");

  private final CheckpointWeights weights;
  private final Set<String> transposed;
  private final ZeroPoints form;
  private final List<String> warnings;

  private GptqCheckpoint(
      CheckpointWeights weights, Set<String> transposed, ZeroPoints form, List<String> warnings) {
    this.weights = weights;
    this.transposed = transposed;
    this.form = form;
    this.warnings = List.copyOf(warnings);
  }

  /**
   * The description of the quantization, if the model is quantized with GPTQ: {@code
   * quantization_config} in {@code config.json}, else {@code quantize_config.json}.
   *
   * @throws InputException if a file is damaged
   */
  public static Optional<HfConfig> quantization(ModelFiles files, HfConfig config)
      throws IOException {
    Optional<HfConfig> inside = config.object("quantization_config");
    if (inside.isPresent()) {
      boolean gptq = inside.get().string("quant_method").filter("gptq"::equals).isPresent();
      return gptq ? inside : Optional.empty();
    }
    // Files of old versions name no method there, but AWQ's say quant_method too.
    Optional<HfConfig> beside =
        files
            .object("quantize_config.json")
            .map(
                values ->
                    HfConfig.of(files.path("config.json"), Map.of("quantization_config", values)))
            .flatMap(c -> c.object("quantization_config"));
    return beside.filter(c -> c.string("quant_method").orElse("gptq").equals("gptq"));
  }

  /**
   * Views a checkpoint.
   *
   * @param quantization as {@link #quantization} gives it
   * @param source stays open as long as the weights are used
   * @throws InputException if tensors contradict each other or the configuration
   * @throws IOException if the file cannot be read
   */
  public static GptqCheckpoint of(HfConfig quantization, Network network, TensorSource source)
      throws IOException {
    Map<String, Weights> stored = new LinkedHashMap<>();
    for (TensorInfo tensor : source.tensors()) {
      stored.put(tensor.name(), new StoredWeights(source, tensor));
    }
    int bits = Math.toIntExact(quantization.count("bits"));
    long groupSize = quantization.integer("group_size").orElse(-1);
    ZeroPoints labelled = labelled(quantization);
    List<String> warnings = new ArrayList<>();
    ZeroPoints form = labelled;
    Map<String, Weights> plain = new LinkedHashMap<>();
    boolean first = true;
    for (Map.Entry<String, Weights> e : stored.entrySet()) {
      String name = e.getKey();
      if (!name.endsWith(QWEIGHT)) {
        if (PACKED.stream().noneMatch(p -> isPart(name, p, stored))) {
          plain.put(name, e.getValue());
        }
        continue;
      }
      String module = name.substring(0, name.length() - QWEIGHT.length());
      PackedLayer layer =
          PackedLayer.of(source.origin(), module, stored, bits, groupSize, labelled);
      if (first) {
        form = layer.formByContent().orElse(labelled);
        if ((form == ZeroPoints.V2) != (labelled == ZeroPoints.V2)) {
          warnings.add(
              "%s: the configuration says format %s, but the zero points are those of %s; read as %s"
                  .formatted(source.origin(), label(labelled), label(form), label(form)));
        }
        first = false;
      }
      plain.put(module + ".weight", layer.with(form).weights());
    }
    if (first) {
      throw new InputException(
          source.origin() + " has no qweight although the configuration says GPTQ",
          "check that config.json belongs to these weights, or download them again");
    }
    Set<String> transposed =
        network
            .linears()
            .filter(Linear::transposed)
            .map(Linear::weight)
            .collect(Collectors.toUnmodifiableSet());
    return new GptqCheckpoint(
        CheckpointWeights.of(network, source.origin(), plain), transposed, form, warnings);
  }

  private static boolean isPart(String name, String suffix, Map<String, Weights> stored) {
    return name.endsWith(suffix)
        && stored.containsKey(name.substring(0, name.length() - suffix.length()) + QWEIGHT);
  }

  private static ZeroPoints labelled(HfConfig quantization) {
    String format = quantization.string("checkpoint_format", "format").orElse("gptq");
    return switch (format) {
      case "gptq" -> ZeroPoints.V1;
      case "gptq_v2" -> ZeroPoints.V2;
      default ->
          throw new InputException(
              "%s: the GPTQ format %s is not supported"
                  .formatted(quantization.file(), InputException.quote(format)),
              "use a checkpoint of format gptq or gptq_v2");
    };
  }

  private static String label(ZeroPoints form) {
    return form == ZeroPoints.V2 ? "gptq_v2" : "gptq";
  }

  @Override
  public Optional<Weights> find(String name) {
    Optional<Weights> found = weights.find(name).or(() -> joined(name));
    // GPTQ stores [in, out] whatever the layer is; decoded it is [out, in].
    return transposed.contains(name) && found.orElse(null) instanceof PackedWeights packed
        ? Optional.of(packed.transposed())
        : found;
  }

  /** GPTQModel 7.7 stores the halves of {@code gate_up_proj} apart. */
  private Optional<Weights> joined(String name) {
    if (!name.endsWith(GATE_UP)) {
      return Optional.empty();
    }
    String mlp = name.substring(0, name.length() - GATE_UP.length());
    Optional<Weights> gate = weights.find(mlp + ".gate_proj.weight");
    Optional<Weights> up = weights.find(mlp + ".up_proj.weight");
    if (gate.isEmpty() || up.isEmpty()) {
      return Optional.empty();
    }
    Weights both = JoinedWeights.concatenated(List.of(gate.get(), up.get()));
    return Optional.of(
        gate.get() instanceof PackedWeights g && up.get() instanceof PackedWeights u
            ? g.followedBy(u, both)
            : both);
  }

  @Override
  public String origin() {
    return weights.origin();
  }

  /** How the zero points are stored. */
  public ZeroPoints form() {
    return form;
  }

  /** What a user should know; one sentence each. */
  public List<String> warnings() {
    return warnings;
  }
}
