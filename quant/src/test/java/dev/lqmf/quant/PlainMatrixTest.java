package dev.lqmf.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.quant.format.LittleEndian;
import dev.lqmf.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs once for every vector width: the build starts a JVM for each. */
@Tag("vector-width")
class PlainMatrixTest {

  @ParameterizedTest
  @CsvSource({
    "F32, 5, 7",
    "F32, 3, 97",
    "F16, 1, 1",
    "F16, 4, 33",
    "F16, 9, 2100",
    "BF16, 3, 31",
    "BF16, 2, 129",
    "BF16, 7, 64"
  })
  void computesWithTheNumbersAsTheyAreStored(TensorType type, int out, int in) {
    SplittableRandom random = new SplittableRandom(7);
    float[] weights = new float[out * in];
    byte[] bytes = new byte[weights.length * type.blockBytes()];
    for (int i = 0; i < weights.length; i++) {
      // Subnormal float16 as well.
      weights[i] = (float) (random.nextDouble(-1, 1) * Math.pow(2, -random.nextInt(24)));
    }
    BlockFormat format = new ScalarKernels().format(type);
    format.encode(weights, 0, 1, weights.length, null, MemorySegment.ofArray(bytes), 0);
    format.decode(MemorySegment.ofArray(bytes), 0, weights, 0, weights.length);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(bytes.length, Long.BYTES);
      MemorySegment.copy(bytes, 0, values, ValueLayout.JAVA_BYTE, 0, bytes.length);
      PackedMatrixContract.check(new PlainMatrix(out, in, type, values), weights);
    }
  }

  /** Infinity is no weight, but must show. */
  @Test
  void infinityIsNotTakenForANumber() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(64 * Short.BYTES, Long.BYTES);
      values.set(LittleEndian.SHORT, 0, Float.floatToFloat16(Float.NEGATIVE_INFINITY));
      float[] x = new float[64];
      x[0] = 1;
      for (PackedMatrix m : both(new PlainMatrix(1, 64, TensorType.F16, values))) {
        float[] y = new float[1];
        m.multiply(m.arranged(x), 0, 1, y, 0);
        assertThat(y[0]).isEqualTo(Float.NEGATIVE_INFINITY);
      }
    }
  }

  private static List<PackedMatrix> both(PackedMatrix matrix) {
    return List.of(matrix, new VectorKernels().fastest(matrix));
  }
}
