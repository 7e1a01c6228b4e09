package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.SQRT;

import dev.lqmf.quant.format.ScaleMinLayout;
import dev.lqmf.quant.format.StepGrid;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import org.jspecify.annotations.Nullable;

/**
 * What Q2_K, Q4_K and Q5_K share, as {@code dev.lqmf.quant.format.ScaleMinSuperBlock}, for as many
 * super-blocks as there are lanes: every lane owns a super-block. An array holds value v of all
 * lanes at v · COUNT, so that everything from the sums over a super-block to the words of a block
 * goes lane by lane.
 */
final class ScaleMinTile {
  private static final ValueLayout.OfInt WORD =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int SIZE = ScaleMinLayout.SUPER_BLOCK * COUNT;

  /** Where the words of a block come from. */
  interface Packing {
    /**
     * Puts the codes where the words of a block keep them, and replaces each code by what a reader
     * will find there.
     */
    void packCodes(ScaleMinTile tile, boolean weighted);

    /** Puts the scale of scales, the scale of minima and the quants into the words. */
    void packQuants(ScaleMinTile tile);
  }

  private final ScaleMinLayout layout;
  private final Packing packing;
  private final int blockWords;
  private final float[] x = new float[SIZE];
  private final LaneScaleMinSearch search;
  private final LaneScaleSearch scaleSearch;
  private final float[] minimum;
  private final float[] weightSums;
  private final float[] variance = new float[COUNT];
  private final float[] scaleOfScales = new float[COUNT];
  private final float[] scaleOfMinima = new float[COUNT];
  private final int[] starts = new int[COUNT];
  private final int[] block;
  private float[] importance = new float[0];

  /** The sub-blocks' scales as unsigned bytes. */
  final int[] scaleCodes;

  /** The sub-blocks' minima as unsigned bytes. */
  final int[] minimumCodes;

  /** The elements' quants. */
  final int[] quants = new int[SIZE];

  /** The float16 bits of the scale of scales, and above them those of the scale of minima. */
  final int[] halves = new int[COUNT];

  /** The blocks in words of four bytes, the first byte lowest. */
  final int[] words;

  ScaleMinTile(ScaleMinLayout layout, int blockBytes, Packing packing) {
    this.layout = layout;
    this.packing = packing;
    this.blockWords = blockBytes / Integer.BYTES;
    this.search =
        new LaneScaleMinSearch(layout.subLength(), layout.subBlocks(), layout.largestQuant(), x);
    this.scaleSearch = new LaneScaleSearch(layout.subBlocks(), layout.largestCode());
    int states = layout.subBlocks() * COUNT;
    this.minimum = new float[states];
    this.weightSums = new float[states];
    this.scaleCodes = new int[states];
    this.minimumCodes = new int[states];
    this.words = new int[blockWords * COUNT];
    this.block = new int[blockWords * COUNT];
  }

  /** Encodes consecutive rows; the arguments are those of {@code BlockFormat.encode}. */
  void encode(
      float[] source,
      int sourceOffset,
      int rows,
      int rowLength,
      float @Nullable [] columnWeights,
      MemorySegment target,
      long targetOffset) {
    int blocks = rows * rowLength / ScaleMinLayout.SUPER_BLOCK;
    for (int first = 0; first < blocks; first += COUNT) {
      int filled = Math.min(COUNT, blocks - first);
      // Lanes past the end repeat the last super-block.
      for (int lane = 0; lane < COUNT; lane++) {
        starts[lane] =
            sourceOffset + (first + Math.min(lane, filled - 1)) * ScaleMinLayout.SUPER_BLOCK;
      }
      LaneTile.load(source, starts, ScaleMinLayout.SUPER_BLOCK, x);
      if (columnWeights == null) {
        fitPlain();
      } else {
        for (int lane = 0; lane < COUNT; lane++) {
          starts[lane] = (starts[lane] - sourceOffset) % rowLength;
        }
        if (importance.length == 0) {
          importance = new float[SIZE];
        }
        LaneTile.load(columnWeights, starts, ScaleMinLayout.SUPER_BLOCK, importance);
        fitWeighted();
      }
      packing.packCodes(this, columnWeights != null);
      requantize();
      packing.packQuants(this);
      store(filled, target, targetOffset + (long) first * blockWords * Integer.BYTES);
    }
  }

  private void fitPlain() {
    for (int j = 0; j < layout.subBlocks(); j += LaneScaleMinSearch.TILES) {
      for (int tile = 0; tile < LaneScaleMinSearch.TILES; tile++) {
        weighByMagnitude(j + tile, tile);
      }
      search.run(j, layout.plainGrid(), layout.absoluteErrors());
    }
    negateMinima();
    quantizeByMaximum(search.scale, scaleCodes, scaleOfScales);
    quantizeByMaximum(minimum, minimumCodes, scaleOfMinima);
    roundScales();
  }

  /** Weighs elements by rms + |x|, or |x|. */
  private void weighByMagnitude(int j, int tile) {
    int size = layout.subLength() * COUNT;
    FloatVector sum = FloatVector.zero(FLOAT);
    if (!layout.absoluteErrors()) {
      for (int i = 0; i < size; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, x, j * size + i);
        sum = sum.add(v.mul(v));
      }
      sum = sum.div(layout.subLength()).lanewise(SQRT);
    }
    for (int i = 0; i < size; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, j * size + i);
      sum.add(v.lanewise(ABS)).intoArray(search.weights, tile * size + i);
    }
  }

  private void negateMinima() {
    for (int i = 0; i < minimum.length; i += COUNT) {
      FloatVector.fromArray(FLOAT, search.min, i).neg().intoArray(minimum, i);
    }
  }

  private void quantizeByMaximum(float[] values, int[] codes, float[] scale) {
    FloatVector max = FloatVector.zero(FLOAT);
    for (int i = 0; i < values.length; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, values, i);
      max = max.blend(v, v.compare(GT, max));
    }
    FloatVector largest = FloatVector.broadcast(FLOAT, layout.largestCode());
    FloatVector inverse = FloatVector.zero(FLOAT).blend(largest.div(max), max.compare(GT, 0));
    for (int i = 0; i < values.length; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, values, i);
      LaneRounding.nearest(inverse.mul(v)).and(0xff).intoArray(codes, i);
    }
    max.div(largest).intoArray(scale, 0);
  }

  private void fitWeighted() {
    sumSquares();
    StepGrid grid = layout.weightedGrid();
    for (int j = 0; j < layout.subBlocks(); j += LaneScaleMinSearch.TILES) {
      for (int tile = 0; tile < LaneScaleMinSearch.TILES; tile++) {
        weighByImportance(j + tile, tile);
      }
      search.run(j, grid, false);
    }
    negateMinima();
    scaleSearch.run(search.scale, weightSums, scaleCodes, scaleOfScales);
    scaleSearch.run(minimum, weightSums, minimumCodes, scaleOfMinima);
    roundScales();
  }

  private void sumSquares() {
    FloatVector sum = FloatVector.zero(FLOAT);
    for (int i = 0; i < SIZE; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, i);
      sum = sum.add(v.mul(v));
    }
    sum.mul(layout.varianceFactor()).div(ScaleMinLayout.SUPER_BLOCK).intoArray(variance, 0);
  }

  private void weighByImportance(int j, int tile) {
    int size = layout.subLength() * COUNT;
    FloatVector mean = FloatVector.fromArray(FLOAT, variance, 0);
    FloatVector sum = FloatVector.zero(FLOAT);
    for (int i = 0; i < size; i += COUNT) {
      FloatVector v = FloatVector.fromArray(FLOAT, x, j * size + i);
      FloatVector w =
          FloatVector.fromArray(FLOAT, importance, j * size + i)
              .mul(mean.add(v.mul(v)).lanewise(SQRT));
      w.intoArray(search.weights, tile * size + i);
      sum = sum.add(w);
    }
    sum.intoArray(weightSums, j * COUNT);
  }

  /** Rounds the super-blocks' scales to float16. */
  private void roundScales() {
    for (int lane = 0; lane < COUNT; lane++) {
      short scale = Float.floatToFloat16(scaleOfScales[lane]);
      short min = Float.floatToFloat16(scaleOfMinima[lane]);
      halves[lane] = scale & 0xffff | min << 16;
      scaleOfScales[lane] = Float.float16ToFloat(scale);
      scaleOfMinima[lane] = Float.float16ToFloat(min);
    }
  }

  /** Assigns the quants anew to the codes as they are stored. */
  private void requantize() {
    int size = layout.subLength() * COUNT;
    IntVector top = IntVector.broadcast(INT, LaneRounding.ZERO + layout.largestQuant());
    FloatVector d = FloatVector.fromArray(FLOAT, scaleOfScales, 0);
    FloatVector dMin = FloatVector.fromArray(FLOAT, scaleOfMinima, 0);
    for (int j = 0; j < layout.subBlocks(); j++) {
      FloatVector scale =
          d.mul(LaneRounding.toFloat(IntVector.fromArray(INT, scaleCodes, j * COUNT)));
      FloatVector min =
          dMin.mul(LaneRounding.toFloat(IntVector.fromArray(INT, minimumCodes, j * COUNT)));
      for (int i = j * size; i < (j + 1) * size; i += COUNT) {
        FloatVector v = FloatVector.fromArray(FLOAT, x, i);
        LaneRounding.quantBits(v.add(min).div(scale), top).and(0xff).intoArray(quants, i);
      }
      VectorMask<Float> keep = scale.compare(EQ, 0);
      if (keep.anyTrue()) {
        keepQuants(j, keep);
      }
    }
  }

  /** Restores the search's quants where the scale became zero. */
  private void keepQuants(int j, VectorMask<Float> keep) {
    int size = layout.subLength() * COUNT;
    VectorMask<Integer> lanes = keep.cast(INT);
    for (int i = j * size; i < (j + 1) * size; i += COUNT) {
      IntVector kept = search.quant(j, FloatVector.fromArray(FLOAT, x, i));
      IntVector.fromArray(INT, quants, i).blend(kept, lanes).intoArray(quants, i);
    }
  }

  /** Writes the words of the filled lanes, block after block. */
  private void store(int filled, MemorySegment target, long offset) {
    for (int lane = 0; lane < filled; lane++) {
      for (int word = 0; word < blockWords; word++) {
        block[lane * blockWords + word] = words[word * COUNT + lane];
      }
    }
    MemorySegment.copy(block, 0, target, WORD, offset, filled * blockWords);
  }
}
