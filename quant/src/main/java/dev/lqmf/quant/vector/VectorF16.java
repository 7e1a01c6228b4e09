package dev.lqmf.quant.vector;

import dev.lqmf.quant.BlockFormat;
import dev.lqmf.quant.format.F16;
import dev.lqmf.quant.format.LittleEndian;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * {@link F16} in loops over arrays, which the compiler turns into the processor's conversion
 * instructions.
 */
public final class VectorF16 implements BlockFormat {
  private static final int CHUNK = 2048;

  @Override
  public TensorType type() {
    return TensorType.F16;
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
    if (!Float.isFinite(Peak.of(source, from, count))) {
      // The instruction keeps a NaN's upper bits, ggml does not.
      for (int i = 0; i < count; i++) {
        halves[i] = F16.fromFloat(source[from + i]);
      }
    } else {
      for (int i = 0; i < count; i++) {
        halves[i] = Float.floatToFloat16(source[from + i]);
      }
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
    for (int i = 0; i < count; i++) {
      target[to + i] = Float.float16ToFloat(halves[i]);
    }
  }
}
