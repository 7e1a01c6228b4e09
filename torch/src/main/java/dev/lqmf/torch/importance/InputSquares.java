package dev.lqmf.torch.importance;

import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Experts;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.ModuleWeights;
import dev.lqmf.model.network.Network;
import dev.lqmf.model.network.Sublayer;
import dev.lqmf.tensor.InputException;
import dev.lqmf.torch.Activations;
import dev.lqmf.torch.Floats;
import dev.lqmf.torch.InputHook;
import dev.lqmf.torch.LoadedBlock;
import dev.lqmf.torch.StackRunner;
import dev.lqmf.torch.TorchModel;
import dev.lqmf.torch.TorchOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Sums the squares of what linear layers read, feature by feature. A model goes through block by
 * block, so that one block is in memory.
 */
public final class InputSquares {
  private final Map<Linear, Sum> sums = new LinkedHashMap<>();

  private InputSquares() {}

  /**
   * What a layer read.
   *
   * @param squares sum of the squares of each input feature
   * @param count of the positions; 0 for an expert that no token chose
   */
  public record Sum(double[] squares, long count) {
    private Sum plus(Sum other) {
      double[] both = squares.clone();
      Arrays.setAll(both, i -> squares[i] + other.squares[i]);
      return new Sum(both, count + other.count);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Sum s && count == s.count && Arrays.equals(squares, s.squares);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(squares) + Long.hashCode(count);
    }

    @Override
    public String toString() {
      return "%d features of %d positions".formatted(squares.length, count);
    }
  }

  /**
   * Runs sequences through a model that is only a decoder.
   *
   * @param weights of the model; read block by block
   * @param options device, precision and threads; the limit for memory has no part in it
   * @param ids sequences of one length
   * @param progress told how many blocks are done, again and again while one is computed; what it
   *     throws ends the call
   * @return all linear layers of all blocks in order, routers of experts among them
   * @throws InputException if the model is not only a decoder, or activations are not finite
   */
  public static Map<Linear, Sum> measure(
      Network network,
      ModuleWeights weights,
      TorchOptions options,
      int[][] ids,
      IntConsumer progress)
      throws IOException {
    if (network.encoder().isPresent() || network.decoder().isEmpty()) {
      throw new InputException(
          "importance is measured for models that are only a decoder, as llama.cpp does it",
          "quantize this model without an importance matrix");
    }
    InputSquares all = new InputSquares();
    // With no memory for weights, blocks are read one at a time.
    try (TorchModel model = TorchModel.open(network, weights, options.withMaxMemory(1))) {
      all.walk(model.decoder().orElseThrow(), ids, progress);
    }
    return all.sums;
  }

  private void walk(StackRunner runner, int[][] ids, IntConsumer progress) throws IOException {
    Activations states = runner.embed(ids);
    try {
      for (int b = 0; b < runner.stack().blocks().size(); b++) {
        Block block = runner.stack().blocks().get(b);
        List<Linear> layers = layers(block);
        layers.forEach(l -> sums.putIfAbsent(l, new Sum(new double[l.in()], 0)));
        try (LoadedBlock loaded = runner.load(b)) {
          int done = b;
          InputHook hook =
              (seen, input) -> {
                progress.accept(done);
                see(seen, input);
              };
          Activations next = runner.apply(loaded, states, null, hook);
          states.close();
          states = next;
        }
        check(layers);
        progress.accept(b + 1);
      }
    } finally {
      states.close();
    }
  }

  private static List<Linear> layers(Block block) {
    List<Linear> layers = new ArrayList<>();
    for (Sublayer sublayer : block.sublayers()) {
      if (sublayer.operation() instanceof Experts experts) {
        layers.add(experts.router());
      }
      sublayer.operation().inputGroups().forEach(layers::addAll);
    }
    return layers;
  }

  private void see(List<Linear> layers, Tensor input) {
    try (PointerScope _ = new PointerScope()) {
      Tensor rows = input.reshape(-1, input.size(-1)).to(ScalarType.Float);
      float[] squares = Floats.vector(rows.square().sum(0));
      double[] values = new double[squares.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = squares[i];
      }
      Sum seen = new Sum(values, rows.size(0));
      layers.stream().filter(sums::containsKey).forEach(l -> sums.merge(l, seen, Sum::plus));
    }
  }

  private void check(List<Linear> layers) {
    for (Linear layer : layers) {
      for (double square : Objects.requireNonNull(sums.get(layer)).squares()) {
        if (!Double.isFinite(square)) {
          throw new InputException(
              layer.module() + ": the activations are not finite",
              "check the model, or run it in float32");
        }
      }
    }
  }
}
