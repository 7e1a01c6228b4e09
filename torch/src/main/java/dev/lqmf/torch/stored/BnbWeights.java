package dev.lqmf.torch.stored;

import dev.lqmf.model.CheckpointWeights;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.StoredWeights;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.bnb.BnbCheckpoint;
import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import dev.lqmf.torch.PackedWeights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A bitsandbytes checkpoint as the model it was made from. Quantized matrices are decoded while
 * they are read, to the values that the library computes with; nothing is kept.
 */
final class BnbWeights implements ModuleWeights {
  private final CheckpointWeights weights;
  private final Set<String> transposed;

  private BnbWeights(CheckpointWeights weights, Set<String> transposed) {
    this.weights = weights;
    this.transposed = transposed;
  }

  /**
   * Views a checkpoint.
   *
   * @param source stays open as long as the weights are used
   * @throws InputException if it holds no quantized matrix
   */
  static BnbWeights of(Network network, BnbCheckpoint source) {
    if (source.matrices() == 0) {
      throw new InputException(
          source.origin() + " has no quantized matrix although the configuration says bitsandbytes",
          "check that config.json belongs to these weights, or download them again");
    }
    Map<String, Weights> tensors = new LinkedHashMap<>();
    for (TensorInfo tensor : source.tensors()) {
      Weights weights = new StoredWeights(source, tensor);
      if (source.isQuantized(tensor)) {
        TensorType computed = source.dequantizedType(tensor);
        weights = computed == TensorType.F32 ? weights : new RoundedWeights(weights, computed);
        weights =
            new PackedWeights(
                weights,
                source.storedBytes(tensor),
                arena -> List.of(source.packed(tensor, arena)));
      }
      tensors.put(tensor.name(), weights);
    }
    Set<String> transposed =
        network
            .linears()
            .filter(Linear::transposed)
            .map(Linear::weight)
            .collect(Collectors.toUnmodifiableSet());
    return new BnbWeights(CheckpointWeights.of(network, source.origin(), tensors), transposed);
  }

  @Override
  public Optional<Weights> find(String name) {
    Optional<Weights> found = weights.find(name);
    // The library stores [out, in] whatever the layer is.
    return transposed.contains(name) && found.orElse(null) instanceof PackedWeights packed
        ? Optional.of(packed.transposed())
        : found;
  }

  @Override
  public String origin() {
    return weights.origin();
  }
}
