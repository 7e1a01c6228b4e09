package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.format.Q5K;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import org.jspecify.annotations.Nullable;

/** {@link Q5K}, a super-block per lane. */
public final class VectorQ5K implements BlockFormat {
  private static final int CODES = 1;
  private static final int HIGH_BITS = 4;
  private static final int LOW_BITS = 12;

  private final BlockFormat scalar = new Q5K();

  @Override
  public TensorType type() {
    return TensorType.Q5_K;
  }

  @Override
  public void encode(
      float[] source,
      int sourceOffset,
      int rows,
      int rowLength,
      float @Nullable [] importance,
      MemorySegment target,
      long targetOffset) {
    new ScaleMinTile(Q5K.LAYOUT, TensorType.Q5_K.blockBytes(), new Words())
        .encode(source, sourceOffset, rows, rowLength, importance, target, targetOffset);
  }

  @Override
  public void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    scalar.decode(source, sourceOffset, target, targetOffset, elements);
  }

  private static final class Words implements ScaleMinTile.Packing {
    @Override
    public void packCodes(ScaleMinTile tile, boolean weighted) {
      LaneSixBitScales.limit(tile.scaleCodes);
      LaneSixBitScales.limit(tile.minimumCodes);
      LaneSixBitScales.pack(tile.scaleCodes, tile.minimumCodes, tile.words, CODES);
    }

    @Override
    public void packQuants(ScaleMinTile tile) {
      System.arraycopy(tile.halves, 0, tile.words, 0, COUNT);
      for (int i = 0; i < 32; i += 4) {
        IntVector high = IntVector.zero(INT);
        for (int k = 0; k < 4; k++) {
          IntVector word = IntVector.zero(INT);
          for (int b = 3; b >= 0; b--) {
            int at = (64 * k + i + b) * COUNT;
            IntVector first = IntVector.fromArray(INT, tile.quants, at);
            IntVector second = IntVector.fromArray(INT, tile.quants, at + 32 * COUNT);
            word = word.lanewise(LSHL, 8).or(first.and(15)).or(second.and(15).lanewise(LSHL, 4));
            high =
                high.or(first.lanewise(LSHR, 4).lanewise(LSHL, 8 * b + 2 * k))
                    .or(second.lanewise(LSHR, 4).lanewise(LSHL, 8 * b + 2 * k + 1));
          }
          word.intoArray(tile.words, (LOW_BITS + (32 * k + i) / 4) * COUNT);
        }
        high.intoArray(tile.words, (HIGH_BITS + i / 4) * COUNT);
      }
    }
  }
}
