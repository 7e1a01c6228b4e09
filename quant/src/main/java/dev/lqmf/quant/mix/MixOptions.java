package dev.lqmf.quant.mix;

import dev.lqmf.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * What a user may say about the types of single tensors: the options of {@code llama-quantize}.
 *
 * @param overrides types for tensors whose names match, the first match wins
 * @param outputTensorType type of {@code output.weight}
 * @param tokenEmbeddingType type of {@code token_embd.weight}
 * @param pure give every tensor the file type's default type
 * @param leaveOutputTensor keep {@code output.weight} as it is stored
 * @param allowRequantize quantize tensors that are already quantized
 */
public record MixOptions(
    List<TypeOverride> overrides,
    Optional<TensorType> outputTensorType,
    Optional<TensorType> tokenEmbeddingType,
    boolean pure,
    boolean leaveOutputTensor,
    boolean allowRequantize) {

  /** Nothing said: the mix decides. */
  public static final MixOptions NONE =
      new MixOptions(List.of(), Optional.empty(), Optional.empty(), false, false, false);

  public MixOptions {
    overrides = List.copyOf(overrides);
  }
}
