package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.LSHL;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.format.Q4K;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import org.jspecify.annotations.Nullable;

/** {@link Q4K}, a super-block per lane. */
public final class VectorQ4K implements BlockFormat {
  private static final int CODES = 1;
  private static final int QUANTS = 4;

  private final BlockFormat scalar = new Q4K();

  @Override
  public TensorType type() {
    return TensorType.Q4_K;
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
    new ScaleMinTile(Q4K.LAYOUT, TensorType.Q4_K.blockBytes(), new Words())
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
      if (!weighted) {
        LaneSixBitScales.limit(tile.scaleCodes);
        LaneSixBitScales.limit(tile.minimumCodes);
      }
      LaneSixBitScales.pack(tile.scaleCodes, tile.minimumCodes, tile.words, CODES);
    }

    @Override
    public void packQuants(ScaleMinTile tile) {
      System.arraycopy(tile.halves, 0, tile.words, 0, COUNT);
      for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 32; i += 4) {
          IntVector word = IntVector.zero(INT);
          for (int b = 3; b >= 0; b--) {
            int low = (64 * k + i + b) * COUNT;
            IntVector pair =
                IntVector.fromArray(INT, tile.quants, low + 32 * COUNT)
                    .lanewise(LSHL, 4)
                    .or(IntVector.fromArray(INT, tile.quants, low));
            word = word.lanewise(LSHL, 8).or(pair);
          }
          word.intoArray(tile.words, (QUANTS + (32 * k + i) / 4) * COUNT);
        }
      }
    }
  }
}
