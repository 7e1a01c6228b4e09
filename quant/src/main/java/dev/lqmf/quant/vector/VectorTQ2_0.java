package dev.lqmf.quant.vector;

import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.Rounding;
import dev.lqmf.quant.format.TQ2_0;
import dev.lqmf.tensor.TensorType;

/** {@link TQ2_0} along the block, because nothing is summed. */
public final class VectorTQ2_0 extends ChunkedBlocks {
  private static final int LENGTH = 256;
  private static final int PART = 128;
  private static final int COLUMNS = 32;
  private static final int SCALE = 64;
  private static final int BYTES = SCALE + 2;

  /** The lowest two bits of eight bytes. */
  private static final long TRITS = 0x0303030303030303L;

  public VectorTQ2_0() {
    super(TensorType.TQ2_0);
  }

  @Override
  void encodeBlocks(float[] x, int from, byte[] target, int blocks) {
    byte[] quants = new byte[LENGTH + ByteLanes.PADDING];
    for (int block = 0; block < blocks; block++) {
      int begin = from + block * LENGTH;
      int at = block * BYTES;
      float d = BlockLanes.largestMagnitude(x, begin, LENGTH);
      BlockLanes.quantizeNearest(x, begin, LENGTH, Rounding.inverse(d), 1, quants, 0);
      ByteLanes.putShort(target, at + SCALE, F16.fromFloat(d));
      for (int part = 0; part < LENGTH / PART; part++) {
        for (int j = 0; j < COLUMNS; j += Long.BYTES) {
          long packed = 0;
          for (int n = 0; n < 4; n++) {
            packed |= ByteLanes.getLong(quants, PART * part + COLUMNS * n + j) << 2 * n;
          }
          ByteLanes.putLong(target, at + COLUMNS * part + j, packed);
        }
      }
    }
  }

  @Override
  void decodeBlocks(byte[] source, float[] y, int to, int blocks) {
    byte[] quants = new byte[LENGTH + ByteLanes.PADDING];
    for (int block = 0; block < blocks; block++) {
      int at = block * BYTES;
      for (int part = 0; part < LENGTH / PART; part++) {
        for (int j = 0; j < COLUMNS; j += Long.BYTES) {
          long packed = ByteLanes.getLong(source, at + COLUMNS * part + j);
          for (int n = 0; n < 4; n++) {
            long trits = packed >>> 2 * n & TRITS;
            ByteLanes.putLong(quants, PART * part + COLUMNS * n + j, trits);
          }
        }
      }
      float d = Float.float16ToFloat(ByteLanes.getShort(source, at + SCALE));
      BlockLanes.scale(quants, 0, LENGTH, 1, d, y, to + block * LENGTH);
    }
  }
}
