package dev.lqmf.quant.format;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The quants of a block of 32, as the formats Q4_0, Q4_1, Q5_0 and Q5_1 lay them out. */
final class Nibbles {
  private static final int HALF = 16;

  private Nibbles() {}

  /** Sixteen bytes: the low four bits of {@code q[j]}, above them those of {@code q[j + 16]}. */
  static void write(int[] q, MemorySegment target, long at) {
    for (int j = 0; j < HALF; j++) {
      byte pair = (byte) (q[j] & 15 | (q[j + HALF] & 15) << 4);
      target.set(ValueLayout.JAVA_BYTE, at + j, pair);
    }
  }

  /** The reverse of {@link #write}. */
  static void read(MemorySegment source, long at, int[] q) {
    for (int j = 0; j < HALF; j++) {
      int pair = source.get(ValueLayout.JAVA_BYTE, at + j);
      q[j] = pair & 15;
      q[j + HALF] = pair >>> 4 & 15;
    }
  }

  /** Four bytes: bit {@code i} is the fifth bit of {@code q[i]}. */
  static void writeFifthBits(int[] q, MemorySegment target, long at) {
    int bits = 0;
    for (int i = 0; i < 2 * HALF; i++) {
      bits |= (q[i] >>> 4 & 1) << i;
    }
    target.set(LittleEndian.INT, at, bits);
  }

  /** Sets the fifth bits in quants that have the lower four. */
  static void addFifthBits(MemorySegment source, long at, int[] q) {
    int bits = source.get(LittleEndian.INT, at);
    for (int i = 0; i < 2 * HALF; i++) {
      q[i] |= (bits >>> i & 1) << 4;
    }
  }
}
