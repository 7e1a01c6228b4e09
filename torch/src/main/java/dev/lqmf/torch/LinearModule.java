package dev.lqmf.torch;

import dev.lqmf.model.network.Linear;
import dev.lqmf.quant.PackedMatrix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** One linear layer, or several with the same input joined into one, whose outputs lie in a row. */
final class LinearModule {
  private final List<Linear> layers;

  /** Null: packed. */
  private final @Nullable Tensor weight;

  private final @Nullable PackedLinear packed;

  /** The same for few tokens, while a text is continued, where that is faster. */
  private final @Nullable PackedLinear few;

  private final TensorOptional bias;
  private final long out;

  private LinearModule(
      List<Linear> layers,
      @Nullable Tensor weight,
      @Nullable PackedLinear packed,
      @Nullable PackedLinear few,
      TensorOptional bias) {
    this.layers = layers;
    this.weight = weight;
    this.packed = packed;
    this.few = few;
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
    List<PackedWeights> stored = loader.packed(layers);
    if (!stored.isEmpty()) {
      return packed(layers, stored, loader, owner);
    }
    try (PointerScope _ = new PointerScope()) {
      long out = layers.stream().mapToLong(Linear::out).sum();
      Tensor weight;
      if (layers.size() == 1) {
        weight = weight(layers.getFirst(), loader);
      } else {
        TensorOptions options = new TensorOptions(loader.precision().type());
        weight =
            torch
                .empty(new long[] {out, layers.getFirst().in()}, options, null)
                .to(loader.device(), loader.precision().type());
        long row = 0;
        for (Linear layer : layers) {
          try (PointerScope _ = new PointerScope()) {
            weight.narrow(0, row, layer.out()).copy_(weight(layer, loader));
          }
          row += layer.out();
        }
      }
      return new LinearModule(
          layers,
          owner.keep(weight),
          null,
          PackedLinear.beside(weight, loader, owner),
          owner.keep(biases(layers, loader)));
    }
  }

  private static LinearModule packed(
      List<Linear> layers, List<PackedWeights> stored, TensorLoader loader, Owner owner)
      throws IOException {
    List<PackedMatrix> matrices = new ArrayList<>();
    for (PackedWeights weights : stored) {
      matrices.addAll(weights.packed(owner.arena()));
    }
    try (PointerScope _ = new PointerScope()) {
      return new LinearModule(
          layers,
          null,
          PackedLinear.eager(matrices, loader, owner),
          null,
          owner.keep(biases(layers, loader)));
    }
  }

  /** Zeros for layers without, unless there is none at all. */
  private static TensorOptional biases(List<Linear> layers, TensorLoader loader)
      throws IOException {
    if (layers.stream().noneMatch(Linear::bias)) {
      return new TensorOptional();
    }
    if (layers.size() == 1) {
      return new TensorOptional(bias(layers.getFirst(), loader));
    }
    long out = layers.stream().mapToLong(Linear::out).sum();
    Tensor biases =
        torch
            .zeros(new long[] {out}, new TensorOptions(loader.precision().type()))
            .to(loader.device(), loader.precision().type());
    long row = 0;
    for (Linear layer : layers) {
      if (layer.bias()) {
        try (PointerScope _ = new PointerScope()) {
          biases.narrow(0, row, layer.out()).copy_(bias(layer, loader));
        }
      }
      row += layer.out();
    }
    return new TensorOptional(biases);
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

  /**
   * The rows that belong to one layer, {@code [out, in]}, as a view; changes count. Not of packed
   * layers.
   */
  Tensor weight(Linear layer) {
    Tensor weight = unpacked();
    long row = 0;
    for (Linear l : layers) {
      if (l.equals(layer)) {
        return weight.narrow(0, row, l.out());
      }
      row += l.out();
    }
    throw new IllegalArgumentException(layer.module());
  }

  private Tensor unpacked() {
    return Objects.requireNonNull(weight, "packed weights have no numbers");
  }

  /** {@code [..., in]} to {@code [..., out]}. */
  Tensor apply(Tensor x, Pass pass) {
    pass.hook().input(layers, x);
    return apply(x);
  }

  /** The same, unseen by hooks. */
  Tensor apply(Tensor x) {
    if (packed != null) {
      return packed.apply(x, bias);
    }
    return few != null && LibTorch.continues() && few.serves(x.numel() / few.in())
        ? few.apply(x, bias)
        : Products.linear(x, unpacked(), bias);
  }
}
