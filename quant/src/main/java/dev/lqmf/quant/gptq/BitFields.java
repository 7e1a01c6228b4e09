package dev.lqmf.quant.gptq;

/**
 * 32 codes of 2, 3, 4 or 8 bits in as many 32-bit words as a code has bits, low bits first: code k
 * takes the bits k·bits and following of the words seen as one little-endian number.
 *
 * <pre>
 * 4 bits:  word 0  |7777|6666|5555|4444|3333|2222|1111|0000|      (bit 31 on the left)
 *          word 1  |15  |14  |13  |12  |11  |10  |9   |8   |  …
 * 3 bits:  word 0  |10|9  |8  |7  |6  |5  |4  |3  |2  |1  |0  |   the lower 2 bits of code 10
 *          word 1  |·|20 |19 |18 |17 |16 |15 |14 |13 |12 |11 |·|  bit 31: the lowest of code 21
 *          word 2  |31 |30 |29 |28 |27 |26 |25 |24 |23 |22 |21|   the upper 2 bits of code 21
 * </pre>
 *
 * <p>Source: GPTQModel 7.3.4, {@code nn_modules/qlinear} ({@code pack_block} and its 3-bit branch).
 */
final class BitFields {
  /** Codes that fill whole words at any width. */
  static final int CODES = 32;

  private BitFields() {}

  /**
   * Packs 32 codes.
   *
   * @param codes 0 to 2^bits − 1
   * @param words receives {@code bits} words
   * @param first where the first word goes
   * @param stride from one word to the next
   */
  static void pack(int[] codes, int bits, int[] words, int first, int stride) {
    long buffer = 0;
    int filled = 0;
    int at = first;
    for (int k = 0; k < CODES; k++) {
      buffer |= (long) codes[k] << filled;
      filled += bits;
      if (filled >= Integer.SIZE) {
        words[at] = (int) buffer;
        at += stride;
        buffer >>>= Integer.SIZE;
        filled -= Integer.SIZE;
      }
    }
  }

  /** The reverse of {@link #pack}. */
  static void unpack(int[] words, int first, int stride, int bits, int[] codes) {
    long mask = (1L << bits) - 1;
    long buffer = 0;
    int filled = 0;
    int at = first;
    for (int k = 0; k < CODES; k++) {
      if (filled < bits) {
        buffer |= (words[at] & 0xFFFFFFFFL) << filled;
        at += stride;
        filled += Integer.SIZE;
      }
      codes[k] = (int) (buffer & mask);
      buffer >>>= bits;
      filled -= bits;
    }
  }
}
