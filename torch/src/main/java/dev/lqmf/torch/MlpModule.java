package dev.lqmf.torch;

import dev.lqmf.model.network.Mlp;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** An MLP with its weights; a gate and what it gates are computed as one layer. */
final class MlpModule implements OperationModule {
  private final LinearModule up;
  private final boolean gated;
  private final ActivationModule activation;
  private final LinearModule down;

  private MlpModule(
      LinearModule up, boolean gated, ActivationModule activation, LinearModule down) {
    this.up = up;
    this.gated = gated;
    this.activation = activation;
    this.down = down;
  }

  static MlpModule load(Mlp mlp, TensorLoader loader, Owner owner) throws IOException {
    return switch (mlp) {
      case Mlp.Plain m ->
          new MlpModule(
              LinearModule.load(List.of(m.up()), loader, owner),
              false,
              ActivationModule.load(m.activation(), m.up().module(), loader, owner),
              LinearModule.load(List.of(m.down()), loader, owner));
      case Mlp.Gated m ->
          new MlpModule(
              LinearModule.load(List.of(m.gate(), m.up()), loader, owner),
              true,
              ActivationModule.load(m.activation(), m.up().module(), loader, owner),
              LinearModule.load(List.of(m.down()), loader, owner));
      case Mlp.FusedGated m ->
          new MlpModule(
              LinearModule.load(List.of(m.gateUp()), loader, owner),
              true,
              ActivationModule.load(m.activation(), m.gateUp().module(), loader, owner),
              LinearModule.load(List.of(m.down()), loader, owner));
    };
  }

  @Override
  public Stream<LinearModule> linears() {
    return Stream.of(up, down);
  }

  @Override
  public Tensor apply(Tensor x, Pass pass, int layer) {
    return apply(x, pass);
  }

  /** {@code [..., width]} to the same. */
  Tensor apply(Tensor x, Pass pass) {
    Tensor inner = up.apply(x, pass);
    if (gated) {
      long half = up.out() / 2;
      long last = inner.dim() - 1;
      inner = activation.apply(inner.narrow(last, 0, half)).mul_(inner.narrow(last, half, half));
    } else {
      inner = activation.apply(inner);
    }
    return down.apply(inner, pass);
  }
}
