package dev.lqmf.quant.vector;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.format.BF16;
import dev.lqmf.quant.format.LittleEndian;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** {@link BF16}, as many values at a time as fit a vector of floats. */
public final class VectorBF16 implements BlockFormat {
  private static final int CHUNK = 2048;

  private static final VectorSpecies<Short> HALVES =
      VectorSpecies.of(short.class, VectorShape.forBitSize(Lanes.SHAPE.vectorBitSize() / 2));

  @Override
  public TensorType type() {
    return TensorType.BF16;
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
    int elements = rows * rowLength;
    short[] halves = new short[Math.min(CHUNK, elements)];
    for (int i = 0; i < elements; i += CHUNK) {
      int count = Math.min(CHUNK, elements - i);
      toHalves(source, sourceOffset + i, halves, count);
      MemorySegment.copy(halves, 0, target, LittleEndian.SHORT, targetOffset + 2L * i, count);
    }
  }

  private static void toHalves(float[] source, int from, short[] halves, int count) {
    int i = 0;
    for (; i <= count - Lanes.COUNT; i += Lanes.COUNT) {
      FloatVector values = FloatVector.fromArray(Lanes.FLOAT, source, from + i);
      IntVector bits = values.reinterpretAsInts();
      IntVector upper = bits.lanewise(VectorOperators.LSHR, 16);
      IntVector rounded = bits.add(upper.and(1)).add(0x7fff).lanewise(VectorOperators.LSHR, 16);
      VectorMask<Integer> nan = values.test(VectorOperators.IS_NAN).cast(Lanes.INT);
      IntVector result = rounded.blend(upper.or(0x40), nan);
      ((ShortVector) result.convertShape(VectorOperators.I2S, HALVES, 0)).intoArray(halves, i);
    }
    for (; i < count; i++) {
      halves[i] = BF16.fromFloat(source[from + i]);
    }
  }

  @Override
  public void decode(
      MemorySegment source, long sourceOffset, float[] target, int targetOffset, int elements) {
    short[] halves = new short[Math.min(CHUNK, elements)];
    for (int i = 0; i < elements; i += CHUNK) {
      int count = Math.min(CHUNK, elements - i);
      MemorySegment.copy(source, LittleEndian.SHORT, sourceOffset + 2L * i, halves, 0, count);
      toFloats(halves, target, targetOffset + i, count);
    }
  }

  private static void toFloats(short[] halves, float[] target, int to, int count) {
    int i = 0;
    for (; i <= count - Lanes.COUNT; i += Lanes.COUNT) {
      IntVector bits =
          (IntVector)
              ShortVector.fromArray(HALVES, halves, i)
                  .convertShape(VectorOperators.S2I, Lanes.INT, 0);
      bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(target, to + i);
    }
    for (; i < count; i++) {
      target[to + i] = BF16.toFloat(halves[i]);
    }
  }
}
