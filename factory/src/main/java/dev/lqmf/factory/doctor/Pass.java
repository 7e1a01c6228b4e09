package dev.lqmf.factory.doctor;

import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.view.Weights;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.Logits;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import dev.lqmf.torch.stored.StoredModel;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A model's way from some tokens to scores, block by block, so that it needs the memory of a block.
 *
 * @param finite whether all scores of the last token are
 * @param tensors what was read for it, by Transformers' names
 */
record Pass(boolean finite, Set<String> tensors) {
  /** How many tokens. */
  static final int TOKENS = 8;

  /**
   * Runs a model.
   *
   * @throws dev.lqmf.tensor.InputException if a tensor is missing, or has not the shape that the
   *     configuration asks for
   */
  static Pass over(StoredModel model) throws IOException {
    Network network = model.network();
    int[][] ids = {
      IntStream.range(0, TOKENS).map(i -> (i * 7 + 1) % network.vocabulary()).toArray()
    };
    Recording weights = new Recording(model.weights(), new LinkedHashSet<>());
    TorchOptions streaming = TorchOptions.DEFAULTS.withMaxMemory(1);
    try (TorchModel torch = TorchModel.open(network, weights, streaming);
        Activations hidden = hidden(torch, ids);
        Logits logits = torch.logits(hidden, TOKENS - 1, 1)) {
      float[] scores = logits.row(0);
      boolean finite = IntStream.range(0, scores.length).allMatch(i -> Float.isFinite(scores[i]));
      return new Pass(finite, weights.found());
    }
  }

  private static Activations hidden(TorchModel torch, int[][] ids) throws IOException {
    Network network = torch.network();
    if (network.encoder().isEmpty() || network.decoder().isEmpty()) {
      return torch.hidden(ids);
    }
    try (Activations encoded = torch.encode(ids)) {
      return torch.decode(encoded, ids);
    }
  }

  /** Writes down what is asked for and found. */
  private record Recording(ModuleWeights weights, Set<String> found) implements ModuleWeights {
    @Override
    public Optional<Weights> find(String name) {
      Optional<Weights> tensor = weights.find(name);
      if (tensor.isPresent()) {
        found.add(name);
      }
      return tensor;
    }

    @Override
    public String origin() {
      return weights.origin();
    }
  }
}
