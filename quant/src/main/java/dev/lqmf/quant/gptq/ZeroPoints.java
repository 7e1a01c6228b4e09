package dev.lqmf.quant.gptq;

import java.util.Arrays;
import java.util.Optional;

/**
 * What {@code qzeros} holds. Checkpoints of format {@code gptq} (v1) hold less than the zero points
 * themselves, {@code gptq_v2} holds the zero points. Files whose label says the other thing exist.
 *
 * <p>For 2, 4 and 8 bits, GPTQModel goes from one to the other by adding to whole words ({@code
 * convert_gptq_v1_to_v2_format}): {@code packed(z) = stored + offset}, modulo 2^32, with a one in
 * every field, so v1 stores z − 1, but for the borrow that a zero point of 0 takes from the next
 * field. For 3 bits, where 32 fields fill three words, it subtracts in every field (7.7.0), as
 * AutoGPTQ does; earlier versions added to words and had the offsets of the first and the third
 * word exchanged.
 *
 * <pre>
 * bits               word 0, 3, …   word 1, 4, …   word 2, 5, …
 * 2                  0x55555555     0x55555555     0x55555555
 * 3, V1_EXCHANGED    0x24924924     0x92492492     0x49249249
 * 4                  0x11111111     0x11111111     0x11111111
 * 8                  0x01010101     0x01010101     0x01010101
 * </pre>
 */
public enum ZeroPoints {
  /** Format {@code gptq}. */
  V1,
  /** Format {@code gptq} as older GPTQModels wrote it: differs from {@link #V1} for 3 bits. */
  V1_EXCHANGED,
  /** Format {@code gptq_v2}. */
  V2;

  private boolean subtractsInFields(int bits) {
    return this == V1 && bits == 3;
  }

  private boolean subtractsWords(int bits) {
    return this != V2 && !subtractsInFields(bits);
  }

  /**
   * Stores 32 zero points.
   *
   * @param zeros 0 to 2^bits − 1; changed
   * @param words receives {@code bits} words from {@code first} on
   */
  void store(int[] zeros, int bits, int[] words, int first) {
    if (subtractsInFields(bits)) {
      add(zeros, -1, bits);
    }
    BitFields.pack(zeros, bits, words, first, 1);
    if (subtractsWords(bits)) {
      for (int w = 0; w < bits; w++) {
        words[first + w] -= offset(bits, w);
      }
    }
  }

  /** The reverse of {@link #store}. */
  void restore(int[] words, int first, int bits, int[] zeros) {
    int[] packed = Arrays.copyOfRange(words, first, first + bits);
    if (subtractsWords(bits)) {
      for (int w = 0; w < bits; w++) {
        packed[w] += offset(bits, w);
      }
    }
    BitFields.unpack(packed, 0, 1, bits, zeros);
    if (subtractsInFields(bits)) {
      add(zeros, 1, bits);
    }
  }

  private static void add(int[] zeros, int difference, int bits) {
    for (int i = 0; i < zeros.length; i++) {
      zeros[i] = (zeros[i] + difference) & ((1 << bits) - 1);
    }
  }

  /** What v1 lacks in one of the words that 32 zero points fill. */
  private static int offset(int bits, int word) {
    return switch (bits) {
      case 2 -> 0x55555555;
      case 3 ->
          switch (word) {
            case 0 -> 0x24924924;
            case 1 -> 0x92492492;
            default -> 0x49249249;
          };
      case 4 -> 0x11111111;
      case 8 -> 0x01010101;
      default -> throw new IllegalArgumentException(bits + " bits");
    };
  }

  /**
   * Tells by content: a symmetric matrix has the middle of the range, 2^(bits − 1), as every zero
   * point.
   *
   * @param bits 2, 3, 4 or 8
   * @param stored words of {@code qzeros}, whole rows
   * @return the first reading by which all zero points are the middle; empty if there is none, as
   *     with asymmetric matrices, whose reading only the label tells
   */
  public static Optional<ZeroPoints> ofSymmetric(int bits, int[] stored) {
    int[] words = new int[bits];
    for (ZeroPoints candidate : values()) {
      int[] middles = new int[BitFields.CODES];
      Arrays.fill(middles, 1 << (bits - 1));
      candidate.store(middles, bits, words, 0);
      boolean all = stored.length > 0;
      for (int i = 0; i < stored.length && all; i++) {
        all = stored[i] == words[i % bits];
      }
      if (all) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }
}
