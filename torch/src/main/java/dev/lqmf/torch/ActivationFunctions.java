package dev.lqmf.torch;

import dev.lqmf.model.network.Activation;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Activations as libtorch computes them. */
final class ActivationFunctions {
  private ActivationFunctions() {}

  /** A new tensor, never the given one. */
  static Tensor apply(Activation function, Tensor x) {
    return switch (function) {
      case SILU -> torch.silu(x);
      case GELU -> torch.gelu(x);
      case GELU_TANH -> torch.gelu(x, "tanh");
      case GELU_10 -> torch.gelu(x).clamp_max_(new Scalar(10.0));
      case QUICK_GELU -> x.mul(new Scalar(1.702)).sigmoid_().mul_(x);
      case RELU -> torch.relu(x);
      case RELU_SQUARED -> torch.relu(x).square_();
      case RELU6 -> torch.relu6(x);
      case LEAKY_RELU -> torch.leaky_relu(x);
      case HARD_SWISH -> torch.hardswish(x);
      case LAPLACE ->
          x.sub(new Scalar(0.707107))
              .div_(new Scalar(0.282095 * Math.sqrt(2)))
              .erf_()
              .add_(new Scalar(1.0))
              .mul_(new Scalar(0.5));
      case SQRT_SOFTPLUS -> torch.softplus(x).sqrt_();
      case SIGMOID -> x.sigmoid();
      case TANH -> x.tanh();
      case MISH -> torch.mish(x);
      case LINEAR -> x.clone(null);
    };
  }
}
