package dev.lqmf.model;

import dev.lqmf.model.config.HfConfig;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The weights of a Hugging Face checkpoint. Knows the ways in which names differ between
 * checkpoints of one class: saved from the bare model, without its prefix; under another name of a
 * shared embedding; with TensorFlow's {@code gamma} and {@code beta}; with {@link ExpertNames} of
 * Transformers 5; multimodal, the language model being one part.
 */
public final class CheckpointWeights implements ModuleWeights {
  /** What the names of a language model begin with inside a multimodal one. */
  private static final List<String> PARTS =
      List.of("language_model.", "model.language_model.", "model.text_model.");

  private final Network network;
  private final String origin;
  private final Map<String, Weights> tensors;

  private CheckpointWeights(Network network, String origin, Map<String, Weights> tensors) {
    this.network = network;
    this.origin = origin;
    this.tensors = tensors;
  }

  /**
   * The tensors of a source, which stays open as long as they are used.
   *
   * @throws InputException if they are quantized in a way that cannot be read
   */
  public static CheckpointWeights of(HfConfig config, Network network, TensorSource source) {
    Map<String, Weights> stored = new LinkedHashMap<>();
    for (TensorInfo tensor : source.tensors()) {
      stored.put(tensor.name(), new StoredWeights(source, tensor));
    }
    return new CheckpointWeights(
        network, source.origin(), StackedExperts.apart(QuantizedInput.decoded(config, stored)));
  }

  /**
   * Tensors that are plain already.
   *
   * @param origin for messages
   * @param tensors by the names of the checkpoint
   */
  public static CheckpointWeights of(Network network, String origin, Map<String, Weights> tensors) {
    return new CheckpointWeights(network, origin, new LinkedHashMap<>(tensors));
  }

  @Override
  public Optional<Weights> find(String name) {
    for (String candidate : candidates(name)) {
      Weights found = tensors.get(candidate);
      if (found != null) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  private List<String> candidates(String name) {
    List<String> names = new ArrayList<>();
    spellings(name, names);
    int dot = name.lastIndexOf('.');
    boolean shared = dot >= 0 && network.sharedNames().contains(name.substring(0, dot));
    if (shared) {
      network.sharedNames().forEach(other -> spellings(other + name.substring(dot), names));
    }
    if (name.equals(network.head().projection().weight())) {
      // What Transformers 5 calls all heads inside.
      names.add("lm_head.weight");
    }
    boolean embedding = shared || name.equals(network.last().embedding().module() + ".weight");
    if (embedding && network.head().tied()) {
      spellings(network.head().projection().weight(), names);
    }
    return names;
  }

  private void spellings(String name, List<String> names) {
    names.add(name);
    String bare =
        name.startsWith(network.prefix()) ? name.substring(network.prefix().length()) : name;
    if (!bare.equals(name)) {
      names.add(bare);
    }
    for (String part : PARTS) {
      names.add(part + name);
      names.add(part + bare);
    }
    if (name.endsWith("LayerNorm.weight")) {
      spellings(name.substring(0, name.length() - "weight".length()) + "gamma", names);
    } else if (name.endsWith("LayerNorm.bias")) {
      spellings(name.substring(0, name.length() - "bias".length()) + "beta", names);
    }
    String current = ExpertNames.current(name);
    if (!current.equals(name)) {
      spellings(current, names);
    }
  }

  @Override
  public String origin() {
    return origin;
  }
}
