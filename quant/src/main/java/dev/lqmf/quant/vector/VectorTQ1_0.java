package dev.lqmf.quant.vector;

import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.Rounding;
import dev.lqmf.quant.format.TQ1_0;
import dev.lqmf.tensor.TensorType;

/** {@link TQ1_0}: quants along the block, because nothing is summed; bytes by tables. */
public final class VectorTQ1_0 extends ChunkedBlocks {
  private static final int LENGTH = 256;
  private static final int TRITS = 5;
  private static final int SCALE = 52;
  private static final int BYTES = SCALE + 2;

  /** Section A, then B, which is half as wide; then C with four trits a byte. */
  private static final int A_COLUMNS = 32;

  private static final int B_BYTE = 32;
  private static final int B_WEIGHT = 160;
  private static final int B_COLUMNS = 16;
  private static final int C_BYTE = 48;
  private static final int C_WEIGHT = 240;
  private static final int C_COLUMNS = 4;

  /** The byte of five trits. */
  private static final byte[] FRACTIONS = new byte[243];

  /** The trits of a byte, the first one lowest. */
  private static final long[] DIGITS = new long[256];

  static {
    for (int packed = 0; packed < FRACTIONS.length; packed++) {
      FRACTIONS[packed] = (byte) ((packed * 256 + 242) / 243);
    }
    for (int code = 0; code < DIGITS.length; code++) {
      int fraction = code;
      for (int n = 0; n < TRITS; n++) {
        DIGITS[code] |= (fraction * 3L >> 8) << 8 * n;
        fraction = fraction * 3 & 0xff;
      }
    }
  }

  public VectorTQ1_0() {
    super(TensorType.TQ1_0);
  }

  @Override
  void encodeBlocks(float[] x, int from, byte[] target, int blocks) {
    byte[] quants = new byte[LENGTH + ByteLanes.PADDING];
    byte[] packed = new byte[A_COLUMNS];
    for (int block = 0; block < blocks; block++) {
      int begin = from + block * LENGTH;
      int at = block * BYTES;
      float d = BlockLanes.largestMagnitude(x, begin, LENGTH);
      BlockLanes.quantizeNearest(x, begin, LENGTH, Rounding.inverse(d), 1, quants, 0);
      ByteLanes.putShort(target, at + SCALE, F16.fromFloat(d));
      pack(quants, 0, A_COLUMNS, packed, target, at);
      pack(quants, B_WEIGHT, B_COLUMNS, packed, target, at + B_BYTE);
      for (int j = 0; j < C_COLUMNS; j++) {
        int trits = 0;
        for (int n = 0; n < TRITS - 1; n++) {
          trits = 3 * trits + quants[C_WEIGHT + C_COLUMNS * n + j];
        }
        target[at + C_BYTE + j] = FRACTIONS[3 * trits];
      }
    }
  }

  private static void pack(
      byte[] quants, int from, int columns, byte[] packed, byte[] target, int at) {
    for (int j = 0; j < columns; j += Long.BYTES) {
      long trits = 0;
      for (int n = 0; n < TRITS; n++) {
        // No byte exceeds 242, so none carries over.
        trits = 3 * trits + ByteLanes.getLong(quants, from + columns * n + j);
      }
      ByteLanes.putLong(packed, j, trits);
    }
    for (int j = 0; j < columns; j++) {
      target[at + j] = FRACTIONS[Byte.toUnsignedInt(packed[j])];
    }
  }

  @Override
  void decodeBlocks(byte[] source, float[] y, int to, int blocks) {
    byte[] quants = new byte[LENGTH + ByteLanes.PADDING];
    for (int block = 0; block < blocks; block++) {
      int at = block * BYTES;
      unpack(source, at, A_COLUMNS, TRITS, quants, 0);
      unpack(source, at + B_BYTE, B_COLUMNS, TRITS, quants, B_WEIGHT);
      unpack(source, at + C_BYTE, C_COLUMNS, TRITS - 1, quants, C_WEIGHT);
      float d = Float.float16ToFloat(ByteLanes.getShort(source, at + SCALE));
      BlockLanes.scale(quants, 0, LENGTH, 1, d, y, to + block * LENGTH);
    }
  }

  private static void unpack(byte[] source, int at, int columns, int trits, byte[] quants, int to) {
    for (int j = 0; j < columns; j++) {
      long digits = DIGITS[Byte.toUnsignedInt(source[at + j])];
      for (int n = 0; n < trits; n++) {
        quants[to + columns * n + j] = (byte) (digits >>> 8 * n);
      }
    }
  }
}
