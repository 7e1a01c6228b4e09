package dev.lqmf.quant.mix;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** The tensor types that a quantized GGUF of ours can hold. */
public final class MixTypes {
  private static final Set<TensorType> ENCODABLE =
      Collections.unmodifiableSet(
          EnumSet.of(
              TensorType.F32,
              TensorType.F16,
              TensorType.BF16,
              TensorType.Q8_0,
              TensorType.Q4_0,
              TensorType.Q4_1,
              TensorType.Q5_0,
              TensorType.Q5_1,
              TensorType.Q2_K,
              TensorType.Q3_K,
              TensorType.Q4_K,
              TensorType.Q5_K,
              TensorType.Q6_K,
              TensorType.IQ4_NL,
              TensorType.IQ4_XS,
              TensorType.TQ1_0,
              TensorType.TQ2_0,
              TensorType.MXFP4));

  private MixTypes() {}

  /** Every type that tensors can be converted to. */
  public static Set<TensorType> encodable() {
    return ENCODABLE;
  }

  /**
   * The type of that name, in either case.
   *
   * @throws InputException if it is unknown or cannot be encoded; the mend lists those that can
   */
  public static TensorType parse(String name) {
    return TensorType.ofName(name.strip())
        .filter(ENCODABLE::contains)
        .orElseThrow(
            () ->
                new InputException(
                    "there is no encoder for tensor type '" + name.strip() + "'",
                    "use one of "
                        + ENCODABLE.stream().map(Enum::name).collect(Collectors.joining(", "))));
  }
}
