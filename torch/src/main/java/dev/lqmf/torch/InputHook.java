package dev.lqmf.torch;

import dev.lqmf.model.network.Linear;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Sees what goes into linear layers. */
@FunctionalInterface
public interface InputHook {

  /**
   * Called before a layer, or several that share their input, is computed.
   *
   * @param layers the layers
   * @param input {@code [..., in]}; belongs to the caller and is freed after the call
   */
  void input(List<Linear> layers, Tensor input);
}
