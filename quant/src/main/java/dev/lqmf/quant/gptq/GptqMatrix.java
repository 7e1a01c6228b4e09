package dev.lqmf.quant.gptq;

import java.util.Arrays;
import java.util.Objects;

/**
 * One quantized linear layer:
 *
 * <pre>W[o, i] = scale[g, o] · (code[i, o] − zero[g, o])    with g = groupIndex[i]</pre>
 *
 * <p>As GPTQModel stores it (7.3.4, {@code nn_modules/qlinear}), in the tensors of a module:
 *
 * <pre>
 * qweight  int32    [in · bits / 32, out]       32 inputs of one output in {@code bits} words, one
 *                                               below the other (BitFields)
 * qzeros   int32    [groups, out · bits / 32]   32 outputs in {@code bits} words, side by side; less
 *                                               an offset in format v1 (ZeroPoints)
 * scales   float16  [groups, out]
 * g_idx    int32    [in]
 * </pre>
 */
public final class GptqMatrix {
  private final int bits;
  private final int in;
  private final int out;
  private final int groups;
  private final byte[] codes;
  private final short[] scales;
  private final byte[] zeros;
  private final int[] groupIndex;

  /**
   * Takes arrays over.
   *
   * @param bits of a code: 2, 3, 4 or 8
   * @param in inputs, a multiple of 32
   * @param out outputs, a multiple of 32
   * @param codes {@code [in, out]}, unsigned, less than 2^bits
   * @param scales {@code [groups, out]}, bits of float16
   * @param zeros {@code [groups, out]}, unsigned, less than 2^bits
   * @param groupIndex {@code [in]}, the group of each input
   * @throws IllegalArgumentException if a number is out of range or an array of another length
   */
  public GptqMatrix(
      int bits, int in, int out, byte[] codes, short[] scales, byte[] zeros, int[] groupIndex) {
    if (!supports(bits, in, out)) {
      throw new IllegalArgumentException("%d bits, %d × %d".formatted(bits, out, in));
    }
    this.bits = bits;
    this.in = in;
    this.out = out;
    this.groups = scales.length / out;
    this.codes = checked(codes, in * out, "codes");
    this.zeros = checked(zeros, scales.length, "zeros");
    this.scales = scales;
    this.groupIndex = groupIndex;
    boolean known = Arrays.stream(groupIndex).allMatch(g -> 0 <= g && g < groups);
    if (scales.length != groups * out || groupIndex.length != in || !known) {
      throw new IllegalArgumentException(
          "%d scales and %d indices for %d × %d"
              .formatted(scales.length, groupIndex.length, out, in));
    }
  }

  private byte[] checked(byte[] values, int length, String name) {
    if (values.length != length) {
      throw new IllegalArgumentException("%d %s, not %d".formatted(values.length, name, length));
    }
    if (bits < Byte.SIZE) {
      for (byte v : values) {
        if ((v & 0xFF) >>> bits != 0) {
          throw new IllegalArgumentException(name + ": " + (v & 0xFF));
        }
      }
    }
    return values;
  }

  /** Whether a matrix of this size can be stored: whole words along both dimensions. */
  public static boolean supports(int bits, int in, int out) {
    boolean width = bits == 2 || bits == 3 || bits == 4 || bits == 8;
    return width
        && in > 0
        && out > 0
        && in % BitFields.CODES == 0
        && out % BitFields.CODES == 0
        && (long) in * out <= Integer.MAX_VALUE - 8;
  }

  /**
   * Reads what a checkpoint stores.
   *
   * @param qweight {@code [in · bits / 32, out]}
   * @param qzeros {@code [groups, out · bits / 32]}
   * @param form how zero points are stored
   * @param scales {@code [groups, out]}, bits of float16, taken over
   * @param groupIndex {@code [in]}, taken over
   * @throws IllegalArgumentException if the lengths do not fit, or an input's group does not exist
   */
  public static GptqMatrix unpack(
      int bits,
      int in,
      int out,
      int[] qweight,
      int[] qzeros,
      ZeroPoints form,
      short[] scales,
      int[] groupIndex) {
    if (!supports(bits, in, out)) {
      throw new IllegalArgumentException("%d bits, %d × %d".formatted(bits, out, in));
    }
    int rowWords = out / BitFields.CODES * bits;
    int groups = scales.length / out;
    if (qweight.length != in / BitFields.CODES * bits * out || qzeros.length != groups * rowWords) {
      throw new IllegalArgumentException(
          "%d words of codes and %d of zero points for %d × %d in %d groups"
              .formatted(qweight.length, qzeros.length, out, in, groups));
    }
    byte[] codes = new byte[in * out];
    int[] some = new int[BitFields.CODES];
    for (int i = 0; i < in; i += BitFields.CODES) {
      int firstWord = i / BitFields.CODES * bits * out;
      for (int o = 0; o < out; o++) {
        BitFields.unpack(qweight, firstWord + o, out, bits, some);
        for (int k = 0; k < BitFields.CODES; k++) {
          codes[(i + k) * out + o] = (byte) some[k];
        }
      }
    }
    byte[] zeros = new byte[groups * out];
    for (int i = 0; i < zeros.length; i += BitFields.CODES) {
      form.restore(qzeros, i / BitFields.CODES * bits, bits, some);
      for (int k = 0; k < BitFields.CODES; k++) {
        zeros[i + k] = (byte) some[k];
      }
    }
    return new GptqMatrix(bits, in, out, codes, scales, zeros, groupIndex);
  }

  /** Bits of a code. */
  public int bits() {
    return bits;
  }

  /** Inputs. */
  public int in() {
    return in;
  }

  /** Outputs. */
  public int out() {
    return out;
  }

  /** Groups of inputs that share scale and zero point. */
  public int groups() {
    return groups;
  }

  /** The code of one weight. */
  public int code(int output, int input) {
    return codes[Objects.checkIndex(input, in) * out + Objects.checkIndex(output, out)] & 0xFF;
  }

  /** {@code [in · bits / 32, out]}. */
  public int[] qweight() {
    int[] words = new int[in / BitFields.CODES * bits * out];
    int[] some = new int[BitFields.CODES];
    for (int i = 0; i < in; i += BitFields.CODES) {
      int firstWord = i / BitFields.CODES * bits * out;
      for (int o = 0; o < out; o++) {
        for (int k = 0; k < BitFields.CODES; k++) {
          some[k] = codes[(i + k) * out + o] & 0xFF;
        }
        BitFields.pack(some, bits, words, firstWord + o, out);
      }
    }
    return words;
  }

  /** {@code [groups, out · bits / 32]}. */
  public int[] qzeros(ZeroPoints form) {
    int[] words = new int[zeros.length / BitFields.CODES * bits];
    int[] some = new int[BitFields.CODES];
    for (int i = 0; i < zeros.length; i += BitFields.CODES) {
      for (int k = 0; k < BitFields.CODES; k++) {
        some[k] = zeros[i + k] & 0xFF;
      }
      form.store(some, bits, words, i / BitFields.CODES * bits);
    }
    return words;
  }

  /** {@code [groups, out]}, bits of float16; a copy. */
  public short[] scales() {
    return scales.clone();
  }

  /** {@code [groups, out]}, unsigned; a copy. */
  public byte[] zeros() {
    return zeros.clone();
  }

  /** {@code [in]}, the group of each input; a copy. */
  public int[] groupIndex() {
    return groupIndex.clone();
  }

  /** The weights, {@code [out, in]}. */
  public float[] dequantized() {
    float[] weights = new float[in * out];
    float[] scale = new float[scales.length];
    for (int i = 0; i < scale.length; i++) {
      scale[i] = Float.float16ToFloat(scales[i]);
    }
    // A few outputs at a time: their codes lie in one cache line.
    for (int begin = 0; begin < out; begin += BitFields.CODES) {
      for (int i = 0; i < in; i++) {
        int group = groupIndex[i] * out;
        for (int o = begin; o < begin + BitFields.CODES; o++) {
          int difference = (codes[i * out + o] & 0xFF) - (zeros[group + o] & 0xFF);
          weights[o * in + i] = scale[group + o] * difference;
        }
      }
    }
    return weights;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GptqMatrix m
        && bits == m.bits
        && in == m.in
        && out == m.out
        && Arrays.equals(codes, m.codes)
        && Arrays.equals(scales, m.scales)
        && Arrays.equals(zeros, m.zeros)
        && Arrays.equals(groupIndex, m.groupIndex);
  }

  @Override
  public int hashCode() {
    return Objects.hash(bits, in, out, Arrays.hashCode(codes), Arrays.hashCode(scales));
  }
}
