package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;

import dev.lqmf.quant.RowSum;
import dev.lqmf.quant.bnb.Int8Matrix;
import dev.lqmf.quant.bnb.Int8Rows;
import dev.lqmf.quant.format.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** {@link Int8Matrix} along the rows. */
public final class VectorInt8 extends VectorTwin<Int8Matrix> {
  private final MemorySegment codes;

  /** The twin of a matrix, which shares its memory. */
  public VectorInt8(Int8Matrix matrix) {
    super(matrix);
    this.codes = matrix.codes();
  }

  @Override
  public void multiply(float[] arranged, int first, int count, float[] y, int at) {
    for (int o = first; o < first + count; o++) {
      y[at + o] = Int8Rows.weight(dot((long) o * in(), arranged), matrix.scale(o));
    }
  }

  private float dot(long begin, float[] x) {
    int in = in();
    FloatVector even = FloatVector.zero(FLOAT);
    FloatVector odd = FloatVector.zero(FLOAT);
    int i = 0;
    for (; i < RowSum.whole(in); i += 2 * COUNT) {
      even = steps(begin + i).fma(FloatVector.fromArray(FLOAT, x, i), even);
      odd = steps(begin + i + COUNT).fma(FloatVector.fromArray(FLOAT, x, i + COUNT), odd);
    }
    float sum = Lanes.sum(even.add(odd));
    for (; i < in; i++) {
      sum = Math.fma(codes.get(ValueLayout.JAVA_BYTE, begin + i), x[i], sum);
    }
    return sum;
  }

  private FloatVector steps(long at) {
    return (FloatVector)
        ByteVector.fromMemorySegment(ByteLanes.BYTES, codes, at, ByteOrder.LITTLE_ENDIAN)
            .convertShape(VectorOperators.B2F, FLOAT, 0);
  }

  @Override
  public void decode(int first, int count, MemorySegment target) {
    for (int o = 0; o < count; o++) {
      row((long) (first + o) * in(), matrix.scale(first + o), target, (long) o * in());
    }
  }

  private void row(long begin, float scale, MemorySegment target, long at) {
    int in = in();
    int i = 0;
    for (; i <= in - COUNT; i += COUNT) {
      steps(begin + i)
          .mul(scale)
          .mul(Int8Rows.weight(1, 1))
          .intoMemorySegment(target, (at + i) * Float.BYTES, ByteOrder.LITTLE_ENDIAN);
    }
    for (; i < in; i++) {
      float weight = Int8Rows.weight(codes.get(ValueLayout.JAVA_BYTE, begin + i), scale);
      target.set(LittleEndian.FLOAT, (at + i) * Float.BYTES, weight);
    }
  }
}
