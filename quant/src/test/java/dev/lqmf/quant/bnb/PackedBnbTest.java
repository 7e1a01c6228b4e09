package dev.lqmf.quant.bnb;

import dev.lqmf.quant.PackedMatrixContract;
import dev.lqmf.quant.format.BF16;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs once for every vector width: the build starts a JVM for each. */
@Tag("vector-width")
class PackedBnbTest {
  private static final int PADDING = 8;

  /** Also rows that begin within a byte, and blocks that hold several rows or parts of one. */
  @ParameterizedTest
  @CsvSource({
    "NF4, 64, BF16, true, 6, 128",
    "NF4, 64, F16, true, 5, 2048",
    "NF4, 64, F32, false, 3, 192",
    "NF4, 32, BF16, false, 7, 33",
    "NF4, 4096, BF16, true, 9, 100",
    "NF4, 64, F16, true, 40, 1001",
    "FP4, 64, BF16, true, 4, 320",
    "FP4, 128, F16, false, 11, 1",
    "FP4, 256, F32, true, 2, 77",
    "FP4, 64, F32, false, 600, 64"
  })
  void fourBitsGiveTheWeightsOfTheLibrary(
      FourBitFormat format, int blockSize, TensorType type, boolean nested, int out, int in) {
    SplittableRandom random = new SplittableRandom(11);
    int elements = out * in;
    byte[] codes = new byte[(int) FourBitFormat.packedBytes(elements)];
    random.nextBytes(codes);
    float[] absmax = new float[Math.ceilDiv(elements, blockSize)];
    for (int i = 0; i < absmax.length; i++) {
      // Down to where float16 is subnormal.
      absmax[i] = (float) Math.pow(2, -random.nextDouble(20));
    }
    try (Arena arena = Arena.ofConfined()) {
      BlockScales scales = scales(absmax, nested, arena);
      if (nested) {
        absmax = NestedScales.of(absmax).absmax();
      }
      float[] weights = new float[elements];
      format.decode(codes, 0, 0, blockSize, absmax, weights, 0, elements);
      for (int i = 0; i < elements; i++) {
        weights[i] =
            switch (type) {
              case F16 -> Float.float16ToFloat(Float.floatToFloat16(weights[i]));
              case BF16 -> BF16.toFloat(BF16.fromFloat(weights[i]));
              default -> weights[i];
            };
      }
      PackedMatrixContract.check(
          new FourBitMatrix(
              out, in, segment(codes, arena), blockSize, scales, format.levels(), type),
          weights);
    }
  }

  private static BlockScales scales(float[] absmax, boolean nested, Arena arena) {
    if (!nested) {
      return new BlockScales(segment(BnbGolden.bytes(absmax), arena), null);
    }
    NestedScales quantized = NestedScales.of(absmax);
    return new BlockScales(
        segment(quantized.codes(), arena),
        new BlockScales.Nested(
            NestedScales.levels(), quantized.nested(), NestedScales.BLOCK, quantized.offset()));
  }

  @ParameterizedTest
  @CsvSource({"3, 64", "1, 1", "5, 33", "2, 4099"})
  void eightBitsGiveTheWeightsOfTheLibrary(int out, int in) {
    SplittableRandom random = new SplittableRandom(12);
    byte[] codes = new byte[out * in];
    random.nextBytes(codes);
    float[] scales = new float[out];
    float[] weights = new float[out * in];
    for (int o = 0; o < out; o++) {
      scales[o] = (float) random.nextDouble();
      Int8Rows.decode(codes, o * in, scales[o], weights, o * in, in);
    }
    try (Arena arena = Arena.ofConfined()) {
      PackedMatrixContract.check(new Int8Matrix(out, in, segment(codes, arena), scales), weights);
    }
  }

  private static MemorySegment segment(byte[] bytes, Arena arena) {
    MemorySegment segment = arena.allocate(bytes.length + PADDING, Long.BYTES);
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment;
  }
}
