package dev.lqmf.torch.gptq;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** Σ x xᵀ over the inputs of a layer, float32. For one thread at a time, under inference mode. */
final class HessianSum implements AutoCloseable {
  private @Nullable Tensor sum;
  private long rows;

  /**
   * Σ x xᵀ of some inputs.
   *
   * @param inputs {@code [..., in]}
   * @return {@code [in, in]}, closed by the caller
   */
  static Tensor product(Tensor inputs) {
    try (PointerScope _ = new PointerScope()) {
      Tensor x = inputs.reshape(-1, inputs.size(-1)).to(ScalarType.Float);
      Tensor product = x.t().mm(x);
      product.retainReference();
      return product;
    }
  }

  /**
   * Adds a product, which is taken over.
   *
   * @param count inputs that it sums
   */
  void add(Tensor product, long count) {
    rows += count;
    if (sum == null) {
      sum = product;
      return;
    }
    try (PointerScope _ = new PointerScope()) {
      sum.add_(product);
    }
    product.close();
  }

  /** Inputs seen. */
  long rows() {
    return rows;
  }

  /**
   * The Hessian of the squared error per sequence, 2/n Σ x xᵀ; belongs to the enclosing scope.
   *
   * @param sequences n
   * @throws IllegalStateException if nothing was added
   */
  Tensor mean(int sequences) {
    if (sum == null) {
      throw new IllegalStateException("no inputs");
    }
    return sum.mul(new Scalar((float) (2.0 / sequences)));
  }

  @Override
  public void close() {
    if (sum != null) {
      sum.close();
      sum = null;
    }
  }
}
