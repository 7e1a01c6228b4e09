package dev.lqmf.tensor;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How the elements of a tensor are stored: the number of elements that share a block, and the bytes
 * a block takes. These sizes exist nowhere else in the program.
 *
 * <p>The first group is ggml's (ids, names and sizes from {@code ggml.h} and {@code
 * ggml-common.h}); the second exists only in safetensors and PyTorch files.
 */
public enum TensorType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  BF16(30, 1, 2),
  F64(28, 1, 8),
  I8(24, 1, 1),
  I16(25, 1, 2),
  I32(26, 1, 4),
  I64(27, 1, 8),
  Q8_0(8, 32, 2 + 32),
  Q8_1(9, 32, 4 + 32),
  Q4_0(2, 32, 2 + 16),
  Q4_1(3, 32, 4 + 16),
  Q5_0(6, 32, 2 + 4 + 16),
  Q5_1(7, 32, 4 + 4 + 16),
  Q2_K(10, 256, 4 + 16 + 64),
  Q3_K(11, 256, 2 + 64 + 32 + 12),
  Q4_K(12, 256, 4 + 12 + 128),
  Q5_K(13, 256, 4 + 12 + 128 + 32),
  Q6_K(14, 256, 2 + 16 + 192),
  Q8_K(15, 256, 4 + 256 + 32),
  IQ1_S(19, 256, 2 + 32 + 16),
  IQ1_M(29, 256, 32 + 16 + 8),
  IQ2_XXS(16, 256, 2 + 64),
  IQ2_XS(17, 256, 2 + 64 + 8),
  IQ2_S(22, 256, 2 + 64 + 16),
  IQ3_XXS(18, 256, 2 + 96),
  IQ3_S(21, 256, 2 + 104 + 4),
  IQ4_NL(20, 32, 2 + 16),
  IQ4_XS(23, 256, 2 + 2 + 4 + 128),
  TQ1_0(34, 256, 2 + 4 + 48),
  TQ2_0(35, 256, 2 + 64),
  MXFP4(39, 32, 1 + 16),
  NVFP4(40, 64, 4 + 32),
  Q1_0(41, 128, 2 + 16),
  Q2_0(42, 64, 2 + 16),

  F8_E4M3(-1, 1, 1),
  F8_E5M2(-1, 1, 1),
  BOOL(-1, 1, 1),
  U8(-1, 1, 1),
  U16(-1, 1, 2),
  U32(-1, 1, 4),
  U64(-1, 1, 8);

  private static final Map<Integer, TensorType> BY_GGUF_ID =
      Arrays.stream(values())
          .filter(t -> t.ggufId >= 0)
          .collect(Collectors.toMap(t -> t.ggufId, t -> t));

  private static final Map<String, TensorType> BY_NAME = new HashMap<>();

  static {
    for (TensorType t : values()) {
      BY_NAME.put(t.name(), t);
    }
  }

  private final int ggufId;
  private final int blockElements;
  private final int blockBytes;

  TensorType(int ggufId, int blockElements, int blockBytes) {
    this.ggufId = ggufId;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  /**
   * The id in a GGUF tensor table ({@code enum ggml_type}), or -1 if GGUF cannot hold this type.
   */
  public int ggufId() {
    return ggufId;
  }

  /** Elements that share one block; 1 for plain types. A row must be a multiple of it. */
  public int blockElements() {
    return blockElements;
  }

  /** Bytes of one block. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Whether elements share scales in blocks, so that reading one needs decoding. */
  public boolean isQuantized() {
    return blockElements > 1;
  }

  /** Whether this is a plain floating-point type. */
  public boolean isFloat() {
    return switch (this) {
      case F64, F32, F16, BF16, F8_E4M3, F8_E5M2 -> true;
      default -> false;
    };
  }

  /** Storage bits of one element, scales included. */
  public double bitsPerWeight() {
    return 8.0 * blockBytes / blockElements;
  }

  /**
   * Bytes that {@code elements} consecutive elements take.
   *
   * @throws IllegalArgumentException if they do not fill whole blocks
   * @throws ArithmeticException if the result exceeds a long
   */
  public long byteSize(long elements) {
    if (elements < 0 || elements % blockElements != 0) {
      throw new IllegalArgumentException(
          elements + " elements do not fill whole " + this + " blocks of " + blockElements);
    }
    return Math.multiplyExact(elements / blockElements, (long) blockBytes);
  }

  /** The type with this GGUF id, if the id is known. */
  public static Optional<TensorType> ofGgufId(int id) {
    return Optional.ofNullable(BY_GGUF_ID.get(id));
  }

  /** The type with this name, in either case, if the name is known. */
  public static Optional<TensorType> ofName(String name) {
    return Optional.ofNullable(BY_NAME.get(name.toUpperCase(Locale.ROOT)));
  }
}
