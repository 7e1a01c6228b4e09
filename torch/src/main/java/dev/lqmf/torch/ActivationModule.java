package dev.lqmf.torch;

import dev.lqmf.model.network.Activation;
import dev.lqmf.tensor.InputException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** An activation as libtorch computes it, with its weights if it has any. */
final class ActivationModule {
  private final Activation function;
  private final List<Tensor> weights;

  private ActivationModule(Activation function, List<Tensor> weights) {
    this.function = function;
    this.weights = weights;
  }

  /**
   * An activation.
   *
   * @param beside a linear layer whose parent, or the parent of that, is the parent of the
   *     activation's module
   */
  static ActivationModule load(Activation function, String beside, TensorLoader loader, Owner owner)
      throws IOException {
    List<Tensor> weights = new ArrayList<>();
    try (PointerScope _ = new PointerScope()) {
      for (String name : function.weights()) {
        weights.add(owner.keep(loader.load(stored(beside, name, loader), 1)));
      }
    }
    return new ActivationModule(function, List.copyOf(weights));
  }

  private static String stored(String beside, String name, TensorLoader loader) {
    String parent = parent(beside);
    for (String place : List.of(parent, parent(parent))) {
      for (String module : Activation.MODULES) {
        String candidate = place + "." + module + "." + name;
        if (loader.has(candidate)) {
          return candidate;
        }
      }
    }
    throw new InputException(
        "%s has no weights of the activation of %s".formatted(loader.origin(), parent),
        "check that config.json belongs to these weights, or download them again");
  }

  private static String parent(String module) {
    return module.substring(0, Math.max(0, module.lastIndexOf('.')));
  }

  /** A new tensor, never the given one. */
  Tensor apply(Tensor x) {
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
      case PRELU -> torch.prelu(x, weights.getFirst());
      case XIELU -> xielu(x, weights.getFirst(), weights.getLast());
    };
  }

  /** Transformers computes with these two in bfloat16, whatever the model's type is. */
  private static Tensor xielu(Tensor x, Tensor alphaP, Tensor alphaN) {
    Scalar half = new Scalar(0.5);
    Tensor p = torch.softplus(alphaP.to(ScalarType.BFloat16));
    Tensor n = torch.softplus(alphaN.to(ScalarType.BFloat16)).add_(half);
    Tensor linear = x.mul(half);
    Tensor above = x.mul(x).mul_(p).add_(linear);
    // Transformers' bound, by which the result is smooth to both sides.
    Tensor below = x.clamp_max(new Scalar(-1e-6)).expm1_().sub_(x).mul_(n).add_(linear);
    return torch.where(x.gt(new Scalar(0.0)), above, below);
  }
}
