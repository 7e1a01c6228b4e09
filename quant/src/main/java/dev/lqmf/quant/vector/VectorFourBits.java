package dev.lqmf.quant.vector;

import static dev.lqmf.quant.vector.Lanes.COUNT;
import static dev.lqmf.quant.vector.Lanes.FLOAT;
import static dev.lqmf.quant.vector.Lanes.INT;

import dev.lqmf.quant.PlainMatrix;
import dev.lqmf.quant.bnb.FourBitMatrix;
import dev.lqmf.quant.format.LittleEndian;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@link FourBitMatrix} along the rows. The 16 weights of each block of a row are made first,
 * rounded; then codes choose among them. A byte has two neighbours: the upper halves of some bytes
 * meet inputs of even number, and the lower halves those of odd number. Rows that blocks cut
 * anywhere are decoded before they are multiplied.
 */
public final class VectorFourBits extends VectorTwin<FourBitMatrix> {
  private static final int LEVELS = FourBitMatrix.LEVELS;

  /** Takes turns between two vectors: places 0 to COUNT − 1 are the first one's. */
  private static final int[] TURNS = turns();

  private final MemorySegment codes;
  private final int in;
  private final int blockSize;

  /** The twin of a matrix, which shares its memory. */
  public VectorFourBits(FourBitMatrix matrix) {
    super(matrix);
    this.codes = matrix.codes();
    this.in = matrix.in();
    this.blockSize = matrix.blockSize();
  }

  private static int[] turns() {
    int[] places = new int[2 * COUNT];
    for (int i = 0; i < places.length; i++) {
      places[i] = i / 2 + (i % 2) * COUNT;
    }
    return places;
  }

  @Override
  public void multiply(float[] arranged, int first, int count, float[] y, int at) {
    if (!matrix.aligned()) {
      multiplyDecoded(arranged, first, count, y, at);
      return;
    }
    long firstBlock = (long) first * in / blockSize;
    float[] scales = scales(first, count);
    float[] weights = new float[in / blockSize * LEVELS];
    for (int o = first; o < first + count; o++) {
      long begin = (long) o * in;
      weights(begin, scales, firstBlock, weights);
      y[at + o] = row(begin / 2, arranged, weights);
    }
  }

  private void multiplyDecoded(float[] x, int first, int count, float[] y, int at) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment rows = arena.allocate((long) count * in * Float.BYTES, 64);
      decode(first, count, rows);
      new VectorPlain(new PlainMatrix(count, in, TensorType.F32, rows))
          .multiply(x, 0, count, y, at + first);
    }
  }

  /** The scales of some rows' blocks. */
  private float[] scales(int first, int count) {
    long firstBlock = (long) first * in / blockSize;
    long lastBlock = ((long) (first + count) * in - 1) / blockSize;
    float[] scales = new float[(int) (lastBlock - firstBlock) + 1];
    matrix.scales(firstBlock, scales.length, scales);
    return scales;
  }

  /** The 16 weights of each of a row's blocks. */
  private void weights(long begin, float[] scales, long firstScale, float[] weights) {
    long block = begin / blockSize;
    int count = (int) ((begin + in - 1) / blockSize - block) + 1;
    multiples(matrix.levels(), scales, (int) (block - firstScale), count, weights);
    switch (matrix.type()) {
      case F16 -> roundToHalf(weights, count * LEVELS);
      case BF16 -> roundToUpperHalf(weights, count * LEVELS);
      default -> {}
    }
  }

  private static void multiples(
      float[] levels, float[] scales, int first, int count, float[] weights) {
    for (int block = 0; block < count; block++) {
      for (int i = 0; i < LEVELS; i += COUNT) {
        FloatVector.fromArray(FLOAT, levels, i)
            .mul(scales[first + block])
            .intoArray(weights, block * LEVELS + i);
      }
    }
  }

  /** In plain loops, of which the compiler makes the processor's conversions. */
  private static void roundToHalf(float[] weights, int count) {
    short[] halves = new short[count];
    for (int i = 0; i < count; i++) {
      halves[i] = Float.floatToFloat16(weights[i]);
    }
    for (int i = 0; i < count; i++) {
      weights[i] = Float.float16ToFloat(halves[i]);
    }
  }

  private static void roundToUpperHalf(float[] weights, int count) {
    for (int i = 0; i < count; i += COUNT) {
      IntVector bits = bits(weights, i);
      IntVector even = bits.lanewise(VectorOperators.LSHR, 16).and(1);
      bits.add(even).add(0x7fff).and(0xffff0000).reinterpretAsFloats().intoArray(weights, i);
    }
  }

  private float row(long begin, float[] x, float[] weights) {
    FloatVector even = FloatVector.zero(FLOAT);
    FloatVector odd = FloatVector.zero(FLOAT);
    for (int i = 0, block = 0; i < in; block += LEVELS) {
      for (int end = i + blockSize; i < end; i += 2 * COUNT) {
        IntVector both = bytes(begin + i / 2);
        even =
            find(weights, block, both.lanewise(VectorOperators.LSHR, 4))
                .fma(FloatVector.fromArray(FLOAT, x, i), even);
        odd =
            find(weights, block, both.and(0xf))
                .fma(FloatVector.fromArray(FLOAT, x, i + COUNT), odd);
      }
    }
    return Lanes.sum(even.add(odd));
  }

  private IntVector bytes(long at) {
    return (IntVector)
        ByteVector.fromMemorySegment(ByteLanes.BYTES, codes, at, ByteOrder.LITTLE_ENDIAN)
            .convertShape(VectorOperators.ZERO_EXTEND_B2I, INT, 0);
  }

  /** The weights of some codes, 0 to 15, of the block whose weights begin there. */
  private static FloatVector find(float[] weights, int block, IntVector code) {
    if (COUNT == 16) {
      return code.selectFrom(bits(weights, block)).reinterpretAsFloats();
    }
    if (COUNT == 8) {
      return findHalf(weights, block, code).reinterpretAsFloats();
    }
    return findHalf(weights, block, code)
        .blend(findHalf(weights, block + 8, code), code.and(8).compare(VectorOperators.NE, 0))
        .reinterpretAsFloats();
  }

  /** Finds in the two vectors that begin there. */
  private static IntVector findHalf(float[] weights, int from, IntVector code) {
    return code.selectFrom(bits(weights, from), bits(weights, from + COUNT));
  }

  private static IntVector bits(float[] weights, int from) {
    return FloatVector.fromArray(FLOAT, weights, from).reinterpretAsInts();
  }

  @Override
  public void decode(int first, int count, MemorySegment target) {
    long firstBlock = (long) first * in / blockSize;
    float[] scales = scales(first, count);
    float[] weights = new float[(in / blockSize + 2) * LEVELS];
    for (int o = 0; o < count; o++) {
      long begin = (long) (first + o) * in;
      weights(begin, scales, firstBlock, weights);
      long rowBlock = begin / blockSize;
      long shift = begin - (long) o * in;
      for (long at = begin; at < begin + in; ) {
        int block = (int) (at / blockSize - rowBlock);
        int table = block * LEVELS;
        long end = Math.min(begin + in, (rowBlock + block + 1) * blockSize);
        if (at % 2 == 1) {
          set(target, at - shift, weights[table + matrix.code(at)]);
          at++;
        }
        int pairs = (int) (end - at) / 2 / COUNT * COUNT;
        decodePairs(at / 2, pairs, weights, table, target, at - shift);
        for (at += 2L * pairs; at < end; at++) {
          set(target, at - shift, weights[table + matrix.code(at)]);
        }
      }
    }
  }

  private static void set(MemorySegment target, long index, float value) {
    target.set(LittleEndian.FLOAT, index * Float.BYTES, value);
  }

  private void decodePairs(
      long from, int count, float[] weights, int block, MemorySegment target, long to) {
    IntVector left = IntVector.fromArray(INT, TURNS, 0);
    IntVector right = IntVector.fromArray(INT, TURNS, COUNT);
    for (int i = 0; i < count; i += COUNT) {
      IntVector both = bytes(from + i);
      IntVector upper =
          find(weights, block, both.lanewise(VectorOperators.LSHR, 4)).reinterpretAsInts();
      IntVector lower = find(weights, block, both.and(0xf)).reinterpretAsInts();
      long at = (to + 2L * i) * Float.BYTES;
      left.selectFrom(upper, lower).intoMemorySegment(target, at, ByteOrder.LITTLE_ENDIAN);
      right
          .selectFrom(upper, lower)
          .intoMemorySegment(target, at + (long) COUNT * Float.BYTES, ByteOrder.LITTLE_ENDIAN);
    }
  }
}
