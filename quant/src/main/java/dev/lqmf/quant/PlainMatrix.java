package dev.lqmf.quant;

import dev.lqmf.quant.format.BF16;
import dev.lqmf.quant.format.LittleEndian;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/** A matrix of floats, which take 16 bits if they are stored so: {@code [out, in]}. */
public final class PlainMatrix implements PackedMatrix {
  /** Numbers that fit into a cache. */
  private static final int TOGETHER = 1 << 14;

  private final int out;
  private final int in;
  private final TensorType type;
  private final MemorySegment values;

  /**
   * Takes memory over.
   *
   * @param type F32, F16 or BF16
   * @param values row by row
   */
  public PlainMatrix(int out, int in, TensorType type, MemorySegment values) {
    if (type != TensorType.F32 && type != TensorType.F16 && type != TensorType.BF16) {
      throw new IllegalArgumentException("a matrix of " + type);
    }
    this.out = out;
    this.in = in;
    this.type = type;
    this.values = values;
  }

  @Override
  public int out() {
    return out;
  }

  @Override
  public int in() {
    return in;
  }

  @Override
  public long bytes() {
    return values.byteSize();
  }

  /** Of the values. */
  public TensorType type() {
    return type;
  }

  /** Row by row. */
  public MemorySegment values() {
    return values;
  }

  /** A weight. */
  public float weight(long element) {
    return switch (type) {
      case F16 -> Float.float16ToFloat(values.get(LittleEndian.SHORT, element * Short.BYTES));
      case BF16 -> BF16.toFloat(values.get(LittleEndian.SHORT, element * Short.BYTES));
      default -> values.get(LittleEndian.FLOAT, element * Float.BYTES);
    };
  }

  @Override
  public float[] arranged(float[] x) {
    return type == TensorType.F32 ? x : RowSum.evenFirst(x, in);
  }

  @Override
  public void multiply(float[] arranged, int first, int count, float[] y, int at) {
    // Going to native memory takes microseconds until it is compiled, so rows are copied together.
    int together = Math.clamp(TOGETHER / in, 1, Math.max(1, count));
    float[] rows = new float[together * in];
    for (int begin = first; begin < first + count; begin += together) {
      int n = Math.min(together, first + count - begin);
      rows(begin, n, rows);
      float[] weights = arranged(rows);
      for (int k = 0; k < n; k++) {
        y[at + begin + k] = RowSum.of(weights, k * in, arranged);
      }
    }
  }

  @Override
  public void decode(int first, int count, MemorySegment target) {
    float[] row = new float[in];
    for (int o = 0; o < count; o++) {
      rows(first + o, 1, row);
      MemorySegment.copy(row, 0, target, LittleEndian.FLOAT, (long) o * in * Float.BYTES, in);
    }
  }

  private void rows(int first, int count, float[] rows) {
    long begin = (long) first * in;
    int n = count * in;
    if (type == TensorType.F32) {
      MemorySegment.copy(values, LittleEndian.FLOAT, begin * Float.BYTES, rows, 0, n);
      return;
    }
    short[] halves = new short[n];
    MemorySegment.copy(values, LittleEndian.SHORT, begin * Short.BYTES, halves, 0, n);
    for (int i = 0; i < n; i++) {
      rows[i] = type == TensorType.F16 ? Float.float16ToFloat(halves[i]) : BF16.toFloat(halves[i]);
    }
  }
}
