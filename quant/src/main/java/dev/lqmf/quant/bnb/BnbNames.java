package dev.lqmf.quant.bnb;

/**
 * How bitsandbytes names what belongs to the matrix {@code X.weight} ({@code nn/modules.py}):
 *
 * <pre>
 *   4 bits   X.weight                      packed codes [bytes, 1], as uint8 or another type's bytes
 *            X.weight.absmax               float32 [blocks], or uint8 if double quantized
 *            X.weight.quant_map            float32 [16]
 *            X.weight.nested_absmax        float32 [blocks / 256]     ┐ if double
 *            X.weight.nested_quant_map     float32 [256]              ┘ quantized
 *            X.weight.quant_state.bitsandbytes__nf4 (or fp4)          JSON as uint8
 *   8 bits   X.weight                      int8 [out, in]
 *            X.SCB                         float32 [out]
 *            X.weight_format               uint8 scalar 0: rows
 * </pre>
 */
public final class BnbNames {
  /** The end of a matrix' name. */
  public static final String WEIGHT = ".weight";

  private BnbNames() {}

  public static String absmax(String matrix) {
    return matrix + ".absmax";
  }

  public static String quantMap(String matrix) {
    return matrix + ".quant_map";
  }

  public static String nestedAbsmax(String matrix) {
    return matrix + ".nested_absmax";
  }

  public static String nestedQuantMap(String matrix) {
    return matrix + ".nested_quant_map";
  }

  public static String quantState(String matrix, FourBitFormat format) {
    return matrix + "." + QuantState.key(format);
  }

  /** Row scales of an 8-bit matrix; they belong to the module, not to its weight. */
  public static String rowScales(String matrix) {
    return module(matrix) + ".SCB";
  }

  public static String weightFormat(String matrix) {
    return matrix + "_format";
  }

  /** The module of a matrix: its name without {@code .weight}. */
  public static String module(String matrix) {
    return matrix.endsWith(WEIGHT)
        ? matrix.substring(0, matrix.length() - WEIGHT.length())
        : matrix;
  }
}
