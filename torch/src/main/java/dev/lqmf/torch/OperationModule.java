package dev.lqmf.torch;

import dev.lqmf.model.network.Attention;
import dev.lqmf.model.network.Experts;
import dev.lqmf.model.network.Mlp;
import dev.lqmf.model.network.Operation;
import java.io.IOException;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;

/** An operation with its weights. */
interface OperationModule {

  /**
   * Applies it.
   *
   * @param x {@code [sequences, tokens, width]}
   * @param layer of the block, for the cache
   * @return the same shape; belongs to the enclosing scope
   */
  Tensor apply(Tensor x, Pass pass, int layer);

  /** The linear layers that can be quantized. */
  Stream<LinearModule> linears();

  static OperationModule load(Operation operation, TensorLoader loader, Owner owner)
      throws IOException {
    return switch (operation) {
      case Attention a -> AttentionModule.load(a, loader, owner);
      case Mlp m -> MlpModule.load(m, loader, owner);
      case Experts e -> ExpertsModule.load(e, loader, owner);
    };
  }
}
