package dev.lqmf.torch;

import dev.lqmf.model.network.Head;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.view.Weights;
import dev.lqmf.quant.PackedMatrix;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** A head with its weights; those of the projection may stay in the file. */
final class HeadModule {
  private final Head head;
  private final TensorLoader loader;
  private final String weightName;
  private final @Nullable Tensor weight;
  private final @Nullable PackedLinear packed;
  private final @Nullable PackedLinear few;
  private final long pieceRows;
  private final TensorOptional bias;
  private final @Nullable LinearModule projectIn;
  private final @Nullable LinearModule dense;
  private final @Nullable ActivationModule activation;
  private final @Nullable NormModule norm;

  private HeadModule(
      Head head,
      TensorLoader loader,
      String weightName,
      @Nullable Tensor weight,
      long pieceRows,
      Owner owner)
      throws IOException {
    this.head = head;
    this.loader = loader;
    this.weightName = weightName;
    this.weight = weight;
    this.packed =
        loader.packs() ? packed(head.projection(), loader, weightName, weight, owner) : null;
    this.few = packed == null && weight != null ? PackedLinear.beside(weight, loader, owner) : null;
    this.pieceRows = pieceRows;
    try (PointerScope _ = new PointerScope()) {
      this.bias = owner.keep(bias());
    }
    this.projectIn =
        head.projectIn().isPresent()
            ? LinearModule.load(List.of(head.projectIn().get()), loader, owner)
            : null;
    if (head.transform().isPresent()) {
      Head.Transform t = head.transform().get();
      this.dense = LinearModule.load(List.of(t.dense()), loader, owner);
      this.activation = ActivationModule.load(t.activation(), t.dense().module(), loader, owner);
      this.norm = NormModule.load(t.norm(), loader, owner);
    } else {
      this.dense = null;
      this.activation = null;
      this.norm = null;
    }
  }

  /** The projection as packed layers are computed, whether it is stored so or not. */
  private static @Nullable PackedLinear packed(
      Linear projection,
      TensorLoader loader,
      String weightName,
      @Nullable Tensor weight,
      Owner owner)
      throws IOException {
    Optional<PackedWeights> stored = loader.packed(weightName, projection);
    List<PackedMatrix> matrices;
    if (stored.isPresent()) {
      matrices = stored.get().packed(owner.arena());
    } else if (weight != null && loader.precision() == Precision.FLOAT32) {
      matrices = List.of(PackedLinear.matrix(weight));
    } else {
      return null;
    }
    return PackedLinear.eager(matrices, loader, owner);
  }

  /**
   * Loads all but the projection.
   *
   * @param weightName where the projection's weight is
   * @param weight the projection's weight; null: read piece by piece when it is needed
   * @param pieceRows rows of such a piece
   */
  static HeadModule load(
      Head head,
      TensorLoader loader,
      String weightName,
      @Nullable Tensor weight,
      long pieceRows,
      Owner owner)
      throws IOException {
    return new HeadModule(head, loader, weightName, weight, pieceRows, owner);
  }

  /**
   * Where the weight of a head's projection is: a stored one counts, else it is the embedding's.
   *
   * @throws InputException if there is none and the embedding is not to be used
   */
  static String weightName(Head head, String embedding, TensorLoader loader) {
    String own = head.projection().weight();
    if (loader.has(own) || !head.tied()) {
      return own;
    }
    return embedding + ".weight";
  }

  private TensorOptional bias() throws IOException {
    Linear p = head.projection();
    String own = p.module() + ".bias";
    if (p.bias()) {
      return new TensorOptional(loader.load(own, p.out()));
    }
    if (head.bias().isPresent()) {
      // Stored under both names only where they differ, and then the projection has its own.
      String name = loader.has(own) ? own : head.bias().get();
      // A bias that is not stored is zero.
      if (loader.has(name)) {
        return new TensorOptional(loader.load(name, p.out()));
      }
    }
    return new TensorOptional();
  }

  /**
   * Scores.
   *
   * @param hidden {@code [rows, width]}, after the final norm
   * @return {@code [rows, vocabulary]} in float32; belongs to the enclosing scope
   */
  Tensor apply(Tensor hidden) throws IOException {
    Tensor x = hidden;
    if (projectIn != null) {
      x = projectIn.apply(x);
    }
    if (dense != null && activation != null && norm != null) {
      x = norm.apply(activation.apply(dense.apply(x)));
    }
    if (head.inputScale() != 1) {
      x = x.mul(new Scalar(head.inputScale()));
    }
    Tensor scores = project(x).to(ScalarType.Float);
    if (head.scale() != 1) {
      scores = scores.mul_(new Scalar(head.scale()));
    }
    if (head.softCap().isPresent()) {
      Scalar cap = new Scalar(head.softCap().getAsDouble());
      scores = scores.div_(cap).tanh_().mul_(cap);
    }
    return scores;
  }

  /** Whether so few tokens are computed without libtorch's products. */
  boolean servesFew(int tokens) {
    return few != null && few.serves(tokens);
  }

  /** The projection's weight as it is stored for the head, read anew. */
  Tensor weightOfItsOwn() throws IOException {
    Linear p = head.projection();
    return loader.load(p.weight(), p.out(), p.in());
  }

  private Tensor project(Tensor x) throws IOException {
    if (packed != null) {
      return packed.apply(x, bias);
    }
    if (few != null && LibTorch.continues() && few.serves(x.size(0))) {
      return few.apply(x, bias);
    }
    if (weight != null) {
      return Products.linear(x, weight, bias);
    }
    Linear p = head.projection();
    Weights stored = loader.find(weightName, p.out(), p.in());
    Tensor scores =
        torch
            .empty(
                new long[] {x.size(0), p.out()}, new TensorOptions(loader.precision().type()), null)
            .to(loader.device(), loader.precision().type());
    for (long row = 0; row < p.out(); row += pieceRows) {
      try (PointerScope _ = new PointerScope()) {
        long rows = Math.min(pieceRows, p.out() - row);
        Tensor piece = loader.read(stored, row * p.in(), rows, p.in());
        TensorOptional biases =
            bias.has_value()
                ? new TensorOptional(bias.get().narrow(0, row, rows))
                : new TensorOptional();
        scores.narrow(1, row, rows).copy_(Products.linear(x, piece, biases));
      }
    }
    return scores;
  }
}
