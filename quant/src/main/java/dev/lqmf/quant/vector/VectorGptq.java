package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;

import dev.lqmf.quant.gptq.GptqPanels;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** {@link GptqPanels} with an output in each lane; a panel goes through the lanes in pieces. */
public final class VectorGptq extends VectorTwin<GptqPanels> {
  private static final int PANEL = GptqPanels.PANEL;

  /** Bytes of one row of words. */
  private static final int ROW = PANEL * Integer.BYTES;

  private final MemorySegment words;
  private final int bits;

  /** The twin of a matrix, which shares its memory. */
  public VectorGptq(GptqPanels matrix) {
    super(matrix);
    this.words = matrix.words();
    this.bits = matrix.bits();
  }

  @Override
  public void multiply(float[] arranged, int first, int count, float[] y, int at) {
    float[] scales = new float[matrix.groups() * PANEL];
    int[] zeros = new int[matrix.groups() * PANEL];
    for (int panel = first / PANEL; panel < (first + count) / PANEL; panel++) {
      matrix.parameters(panel, scales, zeros);
      for (int lane = 0; lane < PANEL; lane += COUNT) {
        long begin = matrix.firstWord(panel) + (long) lane * Integer.BYTES;
        FloatVector sum = FloatVector.zero(FLOAT);
        int run = 0;
        for (int g = 0; g < matrix.groups(); g++) {
          int end = matrix.groupEnd(g);
          IntVector zero = IntVector.fromArray(INT, zeros, g * PANEL + lane);
          FloatVector part =
              bits != 3
                  ? whole(begin, run, end, arranged, zero)
                  : anyBits(begin, run, end, arranged, zero);
          sum = part.fma(FloatVector.fromArray(FLOAT, scales, g * PANEL + lane), sum);
          run = end;
        }
        sum.intoArray(y, at + panel * PANEL + lane);
      }
    }
  }

  /** Sums of code less zero point times input, over runs of 32 positions: codes within words. */
  private FloatVector whole(long begin, int run, int end, float[] x, IntVector zero) {
    FloatVector even = FloatVector.zero(FLOAT);
    FloatVector odd = FloatVector.zero(FLOAT);
    int width = bits;
    int mask = (1 << width) - 1;
    long at = begin + (long) run * width * ROW;
    for (int p = run * PANEL; p < end * PANEL; at += ROW) {
      IntVector codes = word(at);
      for (int shift = 0; shift < Integer.SIZE; shift += 2 * width, p += 2) {
        IntVector next = codes.lanewise(VectorOperators.LSHR, width);
        even = steps(codes.and(mask).sub(zero)).fma(FloatVector.broadcast(FLOAT, x[p]), even);
        odd = steps(next.and(mask).sub(zero)).fma(FloatVector.broadcast(FLOAT, x[p + 1]), odd);
        codes = next.lanewise(VectorOperators.LSHR, width);
      }
    }
    return even.add(odd);
  }

  /** The same for any width. */
  private FloatVector anyBits(long begin, int run, int end, float[] x, IntVector zero) {
    FloatVector even = FloatVector.zero(FLOAT);
    FloatVector odd = FloatVector.zero(FLOAT);
    for (int r = run; r < end; r++) {
      long at = begin + (long) r * bits * ROW;
      for (int k = 0; k < PANEL; k += 2) {
        int p = r * PANEL + k;
        even = steps(codes(at, k).sub(zero)).fma(FloatVector.broadcast(FLOAT, x[p]), even);
        odd = steps(codes(at, k + 1).sub(zero)).fma(FloatVector.broadcast(FLOAT, x[p + 1]), odd);
      }
    }
    return even.add(odd);
  }

  private static FloatVector steps(IntVector difference) {
    return (FloatVector) difference.convertShape(VectorOperators.I2F, FLOAT, 0);
  }

  private IntVector word(long at) {
    return IntVector.fromMemorySegment(INT, words, at, ByteOrder.LITTLE_ENDIAN);
  }

  /** Codes number {@code k} of the 32 whose words begin there. */
  private IntVector codes(long at, int k) {
    int bit = k * bits;
    int shift = bit % Integer.SIZE;
    long row = at + (long) (bit / Integer.SIZE) * ROW;
    IntVector codes = word(row).lanewise(VectorOperators.LSHR, shift);
    if (shift + bits > Integer.SIZE) {
      codes = codes.or(word(row + ROW).lanewise(VectorOperators.LSHL, Integer.SIZE - shift));
    }
    return codes.and((1 << bits) - 1);
  }

  @Override
  public void decode(int first, int count, MemorySegment target) {
    float[] scales = new float[matrix.groups() * PANEL];
    int[] zeros = new int[matrix.groups() * PANEL];
    for (int panel = first / PANEL; panel < (first + count) / PANEL; panel++) {
      matrix.parameters(panel, scales, zeros);
      int run = 0;
      for (int g = 0; g < matrix.groups(); g++) {
        for (; run < matrix.groupEnd(g); run++) {
          long begin = matrix.firstWord(panel) + (long) run * bits * ROW;
          long column = (long) panel * PANEL - first;
          for (int lane = 0; lane < PANEL; lane += COUNT) {
            decode(
                begin + (long) lane * Integer.BYTES,
                run * PANEL,
                IntVector.fromArray(INT, zeros, g * PANEL + lane),
                FloatVector.fromArray(FLOAT, scales, g * PANEL + lane),
                target,
                column + lane,
                count);
          }
        }
      }
    }
  }

  private void decode(
      long begin,
      int position,
      IntVector zero,
      FloatVector scale,
      MemorySegment target,
      long column,
      int rowLength) {
    for (int k = 0; k < PANEL; k++) {
      int input = matrix.input(position + k);
      if (input >= 0) {
        steps(codes(begin, k).sub(zero))
            .mul(scale)
            .intoMemorySegment(
                target, ((long) input * rowLength + column) * Float.BYTES, ByteOrder.LITTLE_ENDIAN);
      }
    }
  }
}
