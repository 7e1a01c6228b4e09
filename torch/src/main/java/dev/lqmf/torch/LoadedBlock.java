package dev.lqmf.torch;

import dev.lqmf.model.network.Block;
import dev.lqmf.model.network.Linear;
import dev.lqmf.model.network.Norm;
import dev.lqmf.model.network.Sublayer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** One block with its weights in memory. */
public final class LoadedBlock implements AutoCloseable {
  /** A sublayer's modules. */
  private record Part(
      Sublayer sublayer,
      @Nullable NormModule before,
      OperationModule operation,
      @Nullable NormModule inside,
      @Nullable NormModule after) {}

  private final Block block;
  private final int index;
  private final List<Part> parts;
  private final Owner owner;

  private LoadedBlock(Block block, int index, List<Part> parts, Owner owner) {
    this.block = block;
    this.index = index;
    this.parts = parts;
    this.owner = owner;
  }

  static LoadedBlock load(Block block, int index, TensorLoader loader) throws IOException {
    Owner owner = new Owner();
    try {
      List<Part> parts = new ArrayList<>();
      for (Sublayer s : block.sublayers()) {
        parts.add(
            new Part(
                s,
                norm(s.before(), loader, owner),
                OperationModule.load(s.operation(), loader, owner),
                norm(s.inside(), loader, owner),
                norm(s.after(), loader, owner)));
      }
      return new LoadedBlock(block, index, parts, owner);
    } catch (IOException | RuntimeException e) {
      owner.close();
      throw e;
    }
  }

  private static @Nullable NormModule norm(Optional<Norm> norm, TensorLoader loader, Owner owner)
      throws IOException {
    return norm.isPresent() ? NormModule.load(norm.get(), loader, owner) : null;
  }

  /** What it is. */
  public Block block() {
    return block;
  }

  /**
   * The weight of one of the block's linear layers, {@code [out, in]}. A view: what is copied into
   * it is what the block computes with from then on. Belongs to the enclosing scope.
   *
   * @throws IllegalArgumentException if the block has no such layer
   */
  public Tensor weight(Linear layer) {
    return linears()
        .filter(m -> m.layers().contains(layer))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(layer.module()))
        .weight(layer);
  }

  private Stream<LinearModule> linears() {
    return parts.stream().flatMap(p -> p.operation().linears());
  }

  /**
   * {@code [sequences, tokens, width]} to the same.
   *
   * @return belongs to the enclosing scope
   */
  Tensor apply(Tensor x, Pass pass) {
    return LibTorch.scoped(() -> block.parallel() ? parallel(x, pass) : sequential(x, pass));
  }

  private Tensor sequential(Tensor x, Pass pass) {
    Tensor state = x;
    for (Part p : parts) {
      Tensor input = state;
      state =
          LibTorch.scoped(
              () -> {
                Tensor normed = p.before() == null ? input : p.before().apply(input);
                Tensor residual = p.sublayer().residualNormed() ? normed : input;
                Tensor sum = result(p, normed, pass).add_(residual);
                return p.after() == null ? sum : p.after().apply(sum);
              });
    }
    return state;
  }

  private Tensor parallel(Tensor x, Pass pass) {
    Tensor sum = null;
    Norm last = null;
    Tensor normed = x;
    for (Part p : parts) {
      Norm norm = p.sublayer().before().orElse(null);
      if (p.before() == null) {
        normed = x;
      } else if (!Objects.equals(norm, last)) {
        normed = p.before().apply(x);
      }
      last = norm;
      Tensor result = result(p, normed, pass);
      sum = sum == null ? result : sum.add_(result);
    }
    return Objects.requireNonNull(sum).add_(x);
  }

  /** A new tensor that may be changed. */
  private Tensor result(Part p, Tensor normed, Pass pass) {
    Tensor result = p.operation().apply(normed, pass, index);
    if (p.inside() != null) {
      result = p.inside().apply(result);
    }
    return p.sublayer().scale() == 1 ? result : result.mul_(new Scalar(p.sublayer().scale()));
  }

  @Override
  public void close() {
    owner.close();
  }
}
