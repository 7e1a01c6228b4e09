package dev.lqmf.quant.vector;

/**
 * The quants of a block of 32, one per byte, from and to the layout of Q4_0, Q4_1, Q5_0, Q5_1 and
 * MXFP4: byte {@code j} has the lower four bits of quant {@code j} and above them those of quant
 * {@code j + 16}. Eight bytes at a time in a long, which is as fast as vectors and compiles sooner.
 */
final class NibbleBytes {
  static final int LENGTH = 32;

  private static final long LOW = 0x0f0f0f0f0f0f0f0fL;
  private static final long ONES = 0x0101010101010101L;

  /** Collects the lowest bits of eight bytes in the highest byte, the first one lowest. */
  private static final long GATHER = 0x0102040810204080L;

  /** Bit {@code k} in byte {@code k}. */
  private static final long DIAGONAL = 0x8040201008040201L;

  private static final long CARRY = 0x7f7f7f7f7f7f7f7fL;
  private static final long FIFTH = 0x1010101010101010L;

  private NibbleBytes() {}

  static void pack(byte[] quants, byte[] target, int at) {
    for (int i = 0; i < 16; i += 8) {
      long first = ByteLanes.getLong(quants, i) & LOW;
      long second = ByteLanes.getLong(quants, 16 + i) & LOW;
      ByteLanes.putLong(target, at + i, first | second << 4);
    }
  }

  static void unpack(byte[] source, int at, byte[] quants) {
    for (int i = 0; i < 16; i += 8) {
      long pairs = ByteLanes.getLong(source, at + i);
      ByteLanes.putLong(quants, i, pairs & LOW);
      ByteLanes.putLong(quants, 16 + i, pairs >>> 4 & LOW);
    }
  }

  /** Bit {@code i} is the fifth bit of quant {@code i}. */
  static int fifthBits(byte[] quants) {
    int bits = 0;
    for (int i = 0; i < LENGTH; i += 8) {
      long fifth = ByteLanes.getLong(quants, i) >>> 4 & ONES;
      bits |= (int) (fifth * GATHER >>> 56) << i;
    }
    return bits;
  }

  /** Sets the fifth bits in quants that have the lower four. */
  static void addFifthBits(int bits, byte[] quants) {
    for (int i = 0; i < LENGTH; i += 8) {
      // Byte k holds 2^k or 0, at most 128: adding 127 to it carries into its highest bit just
      // where it was not zero, and never further.
      long spread = (bits >>> i & 0xff) * ONES & DIAGONAL;
      long set = (spread + CARRY | spread) >>> 3 & FIFTH;
      ByteLanes.putLong(quants, i, ByteLanes.getLong(quants, i) | set);
    }
  }
}
