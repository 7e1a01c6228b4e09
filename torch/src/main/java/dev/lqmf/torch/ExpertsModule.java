package dev.lqmf.torch;

import dev.lqmf.model.network.Experts;
import dev.lqmf.model.network.Mlp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Experts with their weights; each computes only the tokens that the router gives it. */
final class ExpertsModule implements OperationModule {
  private final Experts description;
  private final LinearModule router;
  private final List<MlpModule> experts;

  private ExpertsModule(Experts description, LinearModule router, List<MlpModule> experts) {
    this.description = description;
    this.router = router;
    this.experts = experts;
  }

  static ExpertsModule load(Experts e, TensorLoader loader, Owner owner) throws IOException {
    List<MlpModule> experts = new ArrayList<>();
    for (Mlp.Gated mlp : e.experts()) {
      experts.add(MlpModule.load(mlp, loader, owner));
    }
    return new ExpertsModule(e, LinearModule.load(List.of(e.router()), loader, owner), experts);
  }

  @Override
  public Stream<LinearModule> linears() {
    return experts.stream().flatMap(MlpModule::linears);
  }

  @Override
  public Tensor apply(Tensor x, Pass pass, int layer) {
    Tensor tokens = x.reshape(-1, x.size(2));
    Tensor probabilities = router.apply(tokens, pass).to(ScalarType.Float).softmax(-1);
    T_TensorTensor_T top = torch.topk(probabilities, description.chosen(), -1, true, true);
    Tensor weights = top.get0();
    Tensor chosen = top.get1();
    if (description.normalized()) {
      weights = weights.div(weights.sum(new long[] {-1}, true, null));
    }
    weights = weights.to(x.scalar_type());
    Tensor result = torch.zeros_like(tokens);
    for (int e = 0; e < experts.size(); e++) {
      try (PointerScope _ = new PointerScope()) {
        // Rows and ranks at which this expert was chosen.
        Tensor places = chosen.eq(new Scalar((long) e)).nonzero();
        if (places.size(0) > 0) {
          Tensor rows = places.select(1, 0);
          Tensor weight =
              weights
                  .reshape(-1)
                  .index_select(
                      0,
                      rows.mul(new Scalar((long) description.chosen())).add(places.select(1, 1)));
          Tensor out = experts.get(e).apply(tokens.index_select(0, rows), pass);
          result.index_add_(0, rows, out.mul_(weight.unsqueeze(1)));
        }
      }
    }
    return result.view(x.size(0), x.size(1), x.size(2));
  }
}
