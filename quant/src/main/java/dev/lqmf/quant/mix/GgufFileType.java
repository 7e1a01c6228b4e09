package dev.lqmf.quant.mix;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorType;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The kinds of GGUF file that {@code llama-quantize} makes, as far as their tensors have types that
 * LQMF encodes. A file type names the type most tensors get; the others follow from {@link
 * MixRules}.
 *
 * <p>Names, ids and default types are llama.cpp's ({@code enum llama_ftype} in {@code llama.h},
 * {@code QUANT_OPTIONS} in {@code tools/quantize/quantize.cpp}, {@code
 * llama_ftype_get_default_type} in {@code src/llama-quant.cpp}).
 */
public enum GgufFileType {
  F32(0, TensorType.F32, "full precision; the reference, twice the size of any checkpoint"),
  F16(1, TensorType.F16, "half precision; nearly lossless, the usual input of other programs"),
  BF16(32, TensorType.BF16, "bfloat16; what most checkpoints store, without any loss"),
  Q8_0(7, TensorType.Q8_0, "8 bits; indistinguishable from F16 at half its size"),
  Q6_K(18, TensorType.Q6_K, "6 bits; when memory suffices and quality matters most"),
  Q5_K_M(17, TensorType.Q5_K, "5 bits, sensitive tensors in 6; a good step above Q4_K_M"),
  Q5_K_S(16, TensorType.Q5_K, "5 bits throughout; slightly smaller than Q5_K_M"),
  Q5_1(9, TensorType.Q5_1, "5 bits of the older kind with offsets; prefer Q5_K_M"),
  Q5_0(8, TensorType.Q5_0, "5 bits of the older kind; prefer Q5_K_S"),
  Q4_K_M(15, TensorType.Q4_K, "4 bits, sensitive tensors in 6; the usual choice"),
  Q4_K_S(14, TensorType.Q4_K, "4 bits, first layers in 5; slightly smaller than Q4_K_M"),
  IQ4_NL(25, TensorType.IQ4_NL, "4 bits on a non-linear scale; for rows that Q4_K does not fit"),
  IQ4_XS(30, TensorType.IQ4_XS, "4 bits on a non-linear scale; smallest of the 4-bit types"),
  Q4_1(3, TensorType.Q4_1, "4 bits of the older kind with offsets; prefer Q4_K_M"),
  Q4_0(2, TensorType.Q4_0, "4 bits of the older kind; fast on CPUs that repack it"),
  MXFP4_MOE(38, TensorType.MXFP4, "4-bit floats for experts, the rest in 8 bits; for MoE models"),
  Q3_K_L(13, TensorType.Q3_K, "3 bits, sensitive tensors in 5; when 4 bits do not fit"),
  Q3_K_M(12, TensorType.Q3_K, "3 bits, sensitive tensors in 4 and 5; visible loss"),
  Q3_K_S(11, TensorType.Q3_K, "3 bits throughout; considerable loss"),
  Q2_K(10, TensorType.Q2_K, "2 bits, sensitive tensors in 3 and 4; for large models only"),
  Q2_K_S(21, TensorType.Q2_K, "2 bits; needs an importance matrix"),
  TQ2_0(37, TensorType.TQ2_0, "ternary in 2.06 bits; for models trained so (BitNet)"),
  TQ1_0(36, TensorType.TQ1_0, "ternary in 1.69 bits; for models trained so (BitNet)");

  private static final Map<String, GgufFileType> ALIASES =
      Map.of("Q3_K", Q3_K_M, "Q4_K", Q4_K_M, "Q5_K", Q5_K_M);

  private final int id;
  private final TensorType defaultType;
  private final String advice;

  GgufFileType(int id, TensorType defaultType, String advice) {
    this.id = id;
    this.defaultType = defaultType;
    this.advice = advice;
  }

  /** The value of {@code general.file_type}. */
  public int id() {
    return id;
  }

  /** The type of the tensors for which no rule says otherwise. */
  public TensorType defaultType() {
    return defaultType;
  }

  /** What it is and when to choose it: one line for people, without a full stop. */
  public String advice() {
    return advice;
  }

  /** Whether this file type rounds weights in blocks, so that the mix rules apply. */
  public boolean isQuantized() {
    return defaultType.isQuantized();
  }

  /** Other names that {@code llama-quantize} accepts, and what they stand for. */
  public static Map<String, GgufFileType> aliases() {
    return ALIASES;
  }

  /**
   * The file type of that name or alias, in either case, or of that id.
   *
   * @throws InputException if there is none; the mend lists the names there are
   */
  public static GgufFileType parse(String text) {
    String name = text.strip().toUpperCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(t -> t.name().equals(name) || Integer.toString(t.id).equals(name))
        .findFirst()
        .or(() -> Optional.ofNullable(ALIASES.get(name)))
        .orElseThrow(
            () ->
                new InputException(
                    "unknown type '" + text.strip() + "'",
                    "use one of "
                        + Arrays.stream(values())
                            .map(Enum::name)
                            .collect(Collectors.joining(", "))));
  }
}
