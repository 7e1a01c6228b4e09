package dev.lqmf.model.network;

import java.util.List;

/** What a block computes between norms and residual connections. */
public sealed interface Operation permits Attention, Mlp, Experts {

  /**
   * The linear layers that can be quantized, in the order of computation; those in one list share
   * their input.
   */
  List<List<Linear>> inputGroups();
}
