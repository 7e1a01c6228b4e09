package dev.lqmf.torch;

import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What blocks need to know beside the hidden state.
 *
 * @param positions of the tokens
 * @param hook sees inputs of linear layers
 * @param cache keys and values of earlier tokens, if they are kept
 * @param encoder {@code [sequences, tokens, width]}, the encoder's output, for cross attention
 */
record Pass(
    PositionTables positions,
    InputHook hook,
    @Nullable KeyValueCache cache,
    @Nullable Tensor encoder) {

  /** Sees nothing. */
  static final InputHook NO_HOOK = (_, _) -> {};
}
