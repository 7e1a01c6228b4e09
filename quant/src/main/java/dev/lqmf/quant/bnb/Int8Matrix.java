package dev.lqmf.quant.bnb;

import dev.lqmf.quant.PackedMatrix;
import dev.lqmf.quant.RowSum;
import dev.lqmf.quant.format.LittleEndian;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A matrix of {@link Int8Rows} as it is stored. */
public final class Int8Matrix implements PackedMatrix {
  private final int out;
  private final int in;
  private final MemorySegment codes;
  private final float[] scales;

  /**
   * Takes memory over.
   *
   * @param codes at least {@code out · in} signed bytes, row by row
   * @param scales the largest magnitude of each row
   */
  Int8Matrix(int out, int in, MemorySegment codes, float[] scales) {
    this.out = out;
    this.in = in;
    this.codes = codes;
    this.scales = scales.clone();
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
    return codes.byteSize() + (long) scales.length * Float.BYTES;
  }

  /** One signed byte for each weight, row by row. */
  public MemorySegment codes() {
    return codes;
  }

  /** The largest magnitude of a row. */
  public float scale(int output) {
    return scales[output];
  }

  @Override
  public void multiply(float[] arranged, int first, int count, float[] y, int at) {
    byte[] row = new byte[in];
    float[] steps = new float[in];
    for (int o = first; o < first + count; o++) {
      MemorySegment.copy(codes, ValueLayout.JAVA_BYTE, (long) o * in, row, 0, in);
      for (int i = 0; i < in; i++) {
        steps[i] = row[i];
      }
      y[at + o] = Int8Rows.weight(RowSum.of(steps, 0, arranged), scales[o]);
    }
  }

  @Override
  public void decode(int first, int count, MemorySegment target) {
    byte[] row = new byte[in];
    float[] weights = new float[in];
    for (int o = 0; o < count; o++) {
      MemorySegment.copy(codes, ValueLayout.JAVA_BYTE, (long) (first + o) * in, row, 0, in);
      Int8Rows.decode(row, 0, scales[first + o], weights, 0, in);
      MemorySegment.copy(weights, 0, target, LittleEndian.FLOAT, (long) o * in * Float.BYTES, in);
    }
  }
}
