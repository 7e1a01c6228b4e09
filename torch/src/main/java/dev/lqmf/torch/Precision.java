package dev.lqmf.torch;

import dev.lqmf.tensor.InputException;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The type of weights and activations. */
public enum Precision {
  /** 32-bit floats. */
  FLOAT32(4),
  /** 16-bit floats with 8 bits of precision; sums inside operations are 32-bit. */
  BFLOAT16(2);

  private final int bytes;

  Precision(int bytes) {
    this.bytes = bytes;
  }

  /**
   * A precision by its name, in either case.
   *
   * @throws InputException if there is none of that name
   */
  public static Precision named(String name) {
    return switch (name.toLowerCase(java.util.Locale.ROOT)) {
      case "float32", "f32" -> FLOAT32;
      case "bfloat16", "bf16" -> BFLOAT16;
      default ->
          throw new InputException(
              "the precision %s is not known".formatted(InputException.quote(name)),
              "use float32 or bfloat16");
    };
  }

  /** Bytes of an element. */
  public int bytes() {
    return bytes;
  }

  ScalarType type() {
    return this == FLOAT32 ? ScalarType.Float : ScalarType.BFloat16;
  }
}
