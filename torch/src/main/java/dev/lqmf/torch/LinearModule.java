package dev.lqmf.torch;

import dev.lqmf.model.network.Linear;
import java.io.IOException;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/** One linear layer, or several with the same input joined into one, whose outputs lie in a row. */
final class LinearModule {
  private final List<Linear> layers;
  private final Tensor weight;
  private final TensorOptional bias;
  private final long out;

  private LinearModule(List<Linear> layers, Tensor weight, TensorOptional bias) {
    this.layers = layers;
    this.weight = weight;
    this.bias = bias;
    this.out = layers.stream().mapToLong(Linear::out).sum();
  }

  /**
   * Loads layers.
   *
   * @param layers that share their input
   */
  static LinearModule load(List<Linear> layers, TensorLoader loader, Owner owner)
      throws IOException {
    try (PointerScope _ = new PointerScope()) {
      long out = layers.stream().mapToLong(Linear::out).sum();
      boolean biased = layers.stream().anyMatch(Linear::bias);
      Tensor weight;
      TensorOptional bias = new TensorOptional();
      if (layers.size() == 1) {
        weight = weight(layers.getFirst(), loader);
        if (biased) {
          bias = new TensorOptional(bias(layers.getFirst(), loader));
        }
      } else {
        TensorOptions options = new TensorOptions(loader.precision().type());
        weight =
            torch
                .empty(new long[] {out, layers.getFirst().in()}, options, null)
                .to(loader.device(), loader.precision().type());
        Tensor biases =
            torch
                .zeros(new long[] {biased ? out : 0}, options)
                .to(loader.device(), loader.precision().type());
        long row = 0;
        for (Linear layer : layers) {
          try (PointerScope _ = new PointerScope()) {
            weight.narrow(0, row, layer.out()).copy_(weight(layer, loader));
            if (layer.bias()) {
              biases.narrow(0, row, layer.out()).copy_(bias(layer, loader));
            }
          }
          row += layer.out();
        }
        if (biased) {
          bias = new TensorOptional(biases);
        }
      }
      return new LinearModule(layers, owner.keep(weight), owner.keep(bias));
    }
  }

  private static Tensor weight(Linear layer, TensorLoader loader) throws IOException {
    return layer.transposed()
        ? loader.load(layer.weight(), layer.in(), layer.out()).t().contiguous()
        : loader.load(layer.weight(), layer.out(), layer.in());
  }

  private static Tensor bias(Linear layer, TensorLoader loader) throws IOException {
    return loader.load(layer.module() + ".bias", layer.out());
  }

  List<Linear> layers() {
    return layers;
  }

  /** Features of the result. */
  long out() {
    return out;
  }

  /** The rows that belong to one layer, {@code [out, in]}, as a view; changes count. */
  Tensor weight(Linear layer) {
    long row = 0;
    for (Linear l : layers) {
      if (l.equals(layer)) {
        return weight.narrow(0, row, l.out());
      }
      row += l.out();
    }
    throw new IllegalArgumentException(layer.module());
  }

  /** {@code [..., in]} to {@code [..., out]}. */
  Tensor apply(Tensor x, Pass pass) {
    pass.hook().input(layers, x);
    return apply(x);
  }

  /** The same, unseen by hooks. */
  Tensor apply(Tensor x) {
    return torch.linear(x, weight, bias);
  }
}
