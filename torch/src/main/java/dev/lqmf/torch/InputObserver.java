package dev.lqmf.torch;

import dev.lqmf.model.network.Linear;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** Sees what goes into the linear layers of a block, for several parts of a batch at once. */
public interface InputObserver extends AutoCloseable {

  /**
   * Called before a layer, or several that share their input, is computed.
   *
   * @param part index of the part of the batch; one thread at a time has it
   * @param layers the layers
   * @param input {@code [..., in]}; belongs to the caller and is freed after the call
   * @return whether to go on with this part; false: nothing that follows is needed
   */
  boolean input(int part, List<Linear> layers, Tensor input);

  /** Called when a part has come to its end, in any order of parts. */
  void end(int part);

  /** Frees what was gathered and not handed on. */
  @Override
  void close();
}
