package dev.lqmf.quant.bnb;

import dev.lqmf.quant.PackedMatrix;
import dev.lqmf.quant.RowSum;
import dev.lqmf.quant.format.BF16;
import dev.lqmf.quant.format.LittleEndian;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A matrix of {@link FourBitFormat} as it is stored: codes of all weights, row by row, in one
 * sequence, which blocks cut without regard to rows.
 *
 * <pre>
 *   w[e] = rounded(level[code[e]] · scale[e / blockSize])      e = output · in + input
 * </pre>
 *
 * <p>The library rounds decoded weights to the type of the model before it was quantized.
 */
public final class FourBitMatrix implements PackedMatrix {
  /** Levels of four bits. */
  public static final int LEVELS = 16;

  private final int out;
  private final int in;
  private final MemorySegment codes;
  private final int blockSize;
  private final BlockScales scales;
  private final float[] levels;
  private final TensorType type;

  /**
   * Takes memory over.
   *
   * @param codes at least {@link FourBitFormat#packedBytes} bytes
   * @param levels of the 16 codes
   * @param type that weights are rounded to: F32, F16 or BF16
   */
  FourBitMatrix(
      int out,
      int in,
      MemorySegment codes,
      int blockSize,
      BlockScales scales,
      float[] levels,
      TensorType type) {
    this.out = out;
    this.in = in;
    this.codes = codes;
    this.blockSize = blockSize;
    this.scales = scales;
    this.levels = levels.clone();
    this.type = type;
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
    return codes.byteSize() + scales.bytes();
  }

  /** Two codes in each byte, the first one in the upper half. */
  public MemorySegment codes() {
    return codes;
  }

  /** Weights that share a scale. */
  public int blockSize() {
    return blockSize;
  }

  /**
   * Scales of some blocks.
   *
   * @param first block
   * @param target receives {@code count} of them
   */
  public void scales(long first, int count, float[] target) {
    scales.decode(first, count, target);
  }

  /** The 16 values of the codes; not a copy. */
  public float[] levels() {
    return levels;
  }

  /** The type that weights are rounded to. */
  public TensorType type() {
    return type;
  }

  private float weight(int code, float scale) {
    float value = levels[code] * scale;
    return switch (type) {
      case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
      case BF16 -> BF16.toFloat(BF16.fromFloat(value));
      default -> value;
    };
  }

  /** The code of an element. */
  public int code(long element) {
    int both = codes.get(ValueLayout.JAVA_BYTE, element >> 1);
    return (element & 1) == 0 ? both >> 4 & 0xf : both & 0xf;
  }

  /** Whether rows are whole blocks, and blocks whole runs: those of nearly all models. */
  public boolean aligned() {
    return in % blockSize == 0 && blockSize % RowSum.RUN == 0;
  }

  @Override
  public float[] arranged(float[] x) {
    return aligned() ? RowSum.evenFirst(x, in) : x;
  }

  @Override
  public void multiply(float[] arranged, int first, int count, float[] y, int at) {
    float[] row = new float[in];
    for (int o = first; o < first + count; o++) {
      range((long) o * in, row);
      y[at + o] = RowSum.of(arranged(row), 0, arranged);
    }
  }

  @Override
  public void decode(int first, int count, MemorySegment target) {
    float[] row = new float[in];
    for (int o = 0; o < count; o++) {
      range((long) (first + o) * in, row);
      MemorySegment.copy(row, 0, target, LittleEndian.FLOAT, (long) o * in * Float.BYTES, in);
    }
  }

  private void range(long first, float[] target) {
    long block = first / blockSize;
    float[] some = new float[(int) ((first + target.length - 1) / blockSize - block) + 1];
    scales(block, some.length, some);
    byte[] packed = new byte[(int) (FourBitFormat.packedBytes(first + target.length) - first / 2)];
    MemorySegment.copy(codes, ValueLayout.JAVA_BYTE, first / 2, packed, 0, packed.length);
    int odd = (int) (first % 2);
    for (int i = 0; i < target.length; i++) {
      int both = packed[i + odd >> 1];
      int code = (i + odd & 1) == 0 ? both >> 4 & 0xf : both & 0xf;
      target[i] = weight(code, some[(int) ((first + i) / blockSize - block)]);
    }
  }
}
