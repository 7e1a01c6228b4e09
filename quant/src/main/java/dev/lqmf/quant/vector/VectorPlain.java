package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;

import dev.lqmf.quant.PlainMatrix;
import dev.lqmf.quant.RowSum;
import dev.lqmf.quant.format.LittleEndian;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * {@link PlainMatrix} along the rows. A vector of 32-bit lanes holds two 16-bit numbers in each:
 * the lower halves are the even ones' and the upper halves the odd ones'.
 */
public final class VectorPlain extends VectorTwin<PlainMatrix> {
  private final MemorySegment values;
  private final TensorType type;
  private final int in;

  /** The twin of a matrix, which shares its memory. */
  public VectorPlain(PlainMatrix matrix) {
    super(matrix);
    this.values = matrix.values();
    this.type = matrix.type();
    this.in = matrix.in();
  }

  @Override
  public void multiply(float[] arranged, int first, int count, float[] y, int at) {
    for (int o = first; o < first + count; o++) {
      long row = (long) o * in;
      float sum =
          switch (type) {
            case F32 -> floats(row, arranged);
            case F16 -> halves(row, arranged);
            default -> upperHalves(row, arranged);
          };
      for (int i = RowSum.whole(in); i < in; i++) {
        sum = Math.fma(matrix.weight(row + i), arranged[i], sum);
      }
      y[at + o] = sum;
    }
  }

  private float floats(long row, float[] x) {
    int end = RowSum.whole(in);
    FloatVector even = FloatVector.zero(FLOAT);
    FloatVector odd = FloatVector.zero(FLOAT);
    for (int i = 0; i < end; i += 2 * COUNT) {
      long at = (row + i) * Float.BYTES;
      even = load(at).reinterpretAsFloats().fma(FloatVector.fromArray(FLOAT, x, i), even);
      odd =
          load(at + (long) COUNT * Float.BYTES)
              .reinterpretAsFloats()
              .fma(FloatVector.fromArray(FLOAT, x, i + COUNT), odd);
    }
    return Lanes.sum(even.add(odd));
  }

  private float halves(long row, float[] x) {
    int end = RowSum.whole(in);
    FloatVector even = FloatVector.zero(FLOAT);
    FloatVector odd = FloatVector.zero(FLOAT);
    for (int i = 0; i < end; i += 2 * COUNT) {
      IntVector both = load((row + i) * Short.BYTES);
      even = half(both).fma(FloatVector.fromArray(FLOAT, x, i), even);
      odd =
          half(both.lanewise(VectorOperators.LSHR, 16))
              .fma(FloatVector.fromArray(FLOAT, x, i + COUNT), odd);
    }
    return Lanes.sum(even.add(odd));
  }

  private float upperHalves(long row, float[] x) {
    int end = RowSum.whole(in);
    FloatVector even = FloatVector.zero(FLOAT);
    FloatVector odd = FloatVector.zero(FLOAT);
    for (int i = 0; i < end; i += 2 * COUNT) {
      IntVector both = load((row + i) * Short.BYTES);
      even =
          both.lanewise(VectorOperators.LSHL, 16)
              .reinterpretAsFloats()
              .fma(FloatVector.fromArray(FLOAT, x, i), even);
      odd =
          both.and(0xffff0000)
              .reinterpretAsFloats()
              .fma(FloatVector.fromArray(FLOAT, x, i + COUNT), odd);
    }
    return Lanes.sum(even.add(odd));
  }

  private IntVector load(long at) {
    return IntVector.fromMemorySegment(INT, values, at, ByteOrder.LITTLE_ENDIAN);
  }

  /** Float16 in the lower halves of the lanes. */
  private static FloatVector half(IntVector bits) {
    // With its exponent in float32's place a float16 is 2^112 times too small.
    IntVector magnitude = bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
    FloatVector scaled = magnitude.reinterpretAsFloats().mul(0x1p112f);
    VectorMask<Integer> notFinite = magnitude.compare(VectorOperators.GE, 0x0f800000);
    IntVector exponent =
        scaled.reinterpretAsInts().lanewise(VectorOperators.OR, 0x7f800000, notFinite);
    return exponent
        .or(bits.lanewise(VectorOperators.LSHL, 16).and(Integer.MIN_VALUE))
        .reinterpretAsFloats();
  }

  @Override
  public void decode(int first, int count, MemorySegment target) {
    long begin = (long) first * in;
    long elements = (long) count * in;
    if (type == TensorType.F32) {
      MemorySegment.copy(values, begin * Float.BYTES, target, 0, elements * Float.BYTES);
      return;
    }
    // In chunks through arrays, which the compiler turns into the processor's conversions.
    short[] halves = new short[(int) Math.min(elements, 2048)];
    float[] floats = new float[halves.length];
    for (long i = 0; i < elements; i += halves.length) {
      int n = (int) Math.min(halves.length, elements - i);
      MemorySegment.copy(values, LittleEndian.SHORT, (begin + i) * Short.BYTES, halves, 0, n);
      for (int k = 0; k < n; k++) {
        floats[k] =
            type == TensorType.F16
                ? Float.float16ToFloat(halves[k])
                : Float.intBitsToFloat(halves[k] << Short.SIZE);
      }
      MemorySegment.copy(floats, 0, target, LittleEndian.FLOAT, i * Float.BYTES, n);
    }
  }
}
