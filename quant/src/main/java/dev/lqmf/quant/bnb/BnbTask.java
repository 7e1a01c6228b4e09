package dev.lqmf.quant.bnb;

import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorSink;

/** One tensor of the input and where it goes. */
public sealed interface BnbTask {
  /** As the source has it. */
  TensorInfo tensor();

  TensorSink sink();

  /**
   * A tensor that stays as it is.
   *
   * @param index of it in the sink
   */
  record Copy(TensorInfo tensor, TensorSink sink, int index) implements BnbTask {}

  /**
   * A matrix that is quantized.
   *
   * @param index in the sink of the first of {@link BnbMatrix#tensors()}; the others follow
   * @param stateIndex of the state in the sink; without meaning for eight bits
   */
  record Quantize(BnbMatrix matrix, TensorSink sink, int index, int stateIndex) implements BnbTask {
    @Override
    public TensorInfo tensor() {
      return matrix.source();
    }
  }
}
