package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.format.Q2K;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.IntVector;
import org.jspecify.annotations.Nullable;

/** {@link Q2K}, a super-block per lane. */
public final class VectorQ2K implements BlockFormat {
  private static final int QUANTS = 4;
  private static final int HALVES = 20;

  private final BlockFormat scalar = new Q2K();

  @Override
  public TensorType type() {
    return TensorType.Q2_K;
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
    new ScaleMinTile(Q2K.LAYOUT, TensorType.Q2_K.blockBytes(), new Words())
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
      for (int i = 0; i < 16; i += 4) {
        IntVector word = IntVector.zero(INT);
        for (int b = 0; b < 4; b++) {
          int at = (i + b) * COUNT;
          IntVector code =
              IntVector.fromArray(INT, tile.minimumCodes, at)
                  .lanewise(LSHL, 4)
                  .or(IntVector.fromArray(INT, tile.scaleCodes, at))
                  .and(0xff);
          code.and(15).intoArray(tile.scaleCodes, at);
          code.lanewise(LSHR, 4).intoArray(tile.minimumCodes, at);
          word = word.or(code.lanewise(LSHL, 8 * b));
        }
        word.intoArray(tile.words, i / 4 * COUNT);
      }
    }

    @Override
    public void packQuants(ScaleMinTile tile) {
      for (int h = 0; h < 2; h++) {
        for (int i = 0; i < 32; i += 4) {
          IntVector word = IntVector.zero(INT);
          for (int b = 0; b < 4; b++) {
            for (int k = 0; k < 4; k++) {
              int at = (128 * h + 32 * k + i + b) * COUNT;
              word =
                  word.or(IntVector.fromArray(INT, tile.quants, at).lanewise(LSHL, 8 * b + 2 * k));
            }
          }
          word.intoArray(tile.words, (QUANTS + (32 * h + i) / 4) * COUNT);
        }
      }
      System.arraycopy(tile.halves, 0, tile.words, HALVES * COUNT, COUNT);
    }
  }
}
