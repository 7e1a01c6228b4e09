package dev.lqmf.torch;

import dev.lqmf.model.network.Norm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** A norm with its weights. */
final class NormModule {
  private final Norm norm;
  private final long[] shape;
  private final TensorOptional weight;
  private final TensorOptional bias;
  private final DoubleOptional epsilon;

  private NormModule(
      Norm norm, TensorOptional weight, TensorOptional bias, DoubleOptional epsilon) {
    this.norm = norm;
    this.shape = new long[] {norm.width()};
    this.weight = weight;
    this.bias = bias;
    this.epsilon = epsilon;
  }

  static NormModule load(Norm norm, TensorLoader loader, Owner owner) throws IOException {
    try (PointerScope _ = new PointerScope()) {
      TensorOptional weight = new TensorOptional();
      TensorOptional bias = new TensorOptional();
      if (!norm.modules().isEmpty()) {
        Tensor w = stacked(norm, ".weight", loader);
        weight =
            new TensorOptional(norm.offset() == 0 ? w : w.add(new Scalar((double) norm.offset())));
        if (norm.bias()) {
          bias = new TensorOptional(stacked(norm, ".bias", loader));
        }
      }
      return new NormModule(
          norm,
          owner.keep(weight),
          owner.keep(bias),
          owner.keep(new DoubleOptional(norm.epsilon())));
    }
  }

  /** {@code [width]}, or {@code [heads, width]} if each head has its own. */
  private static Tensor stacked(Norm norm, String suffix, TensorLoader loader) throws IOException {
    List<Tensor> rows = new ArrayList<>();
    for (String module : norm.modules()) {
      rows.add(loader.load(module + suffix, norm.width()));
    }
    return rows.size() == 1
        ? rows.getFirst()
        : torch.stack(new TensorVector(rows.toArray(Tensor[]::new)));
  }

  int width() {
    return norm.width();
  }

  /** {@code [..., width]} to the same. */
  Tensor apply(Tensor x) {
    boolean perHead = norm.modules().size() > 1;
    TensorOptional none = new TensorOptional();
    Tensor normed =
        switch (norm.kind()) {
          case RMS -> torch.rms_norm(x, shape, perHead ? none : weight, epsilon);
          case LAYER ->
              torch.layer_norm(
                  x, shape, perHead ? none : weight, perHead ? none : bias, norm.epsilon(), false);
        };
    if (perHead) {
      normed = normed.mul(weight.get());
      return norm.bias() ? normed.add(bias.get()) : normed;
    }
    return normed;
  }
}
