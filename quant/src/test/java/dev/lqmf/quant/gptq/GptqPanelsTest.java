package dev.lqmf.quant.gptq;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.quant.PackedMatrixContract;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs once for every vector width: the build starts a JVM for each. */
@Tag("vector-width")
class GptqPanelsTest {

  /** Groups in order, in the order of activations, of sizes that are no multiples of 32. */
  @ParameterizedTest
  @CsvSource({
    "2, V1, 64, 32, 32, false",
    "2, V2, 128, 96, 64, true",
    "3, V1, 96, 64, 32, false",
    "3, V1_EXCHANGED, 64, 64, 64, false",
    "3, V2, 160, 32, 16, true",
    "4, V1, 256, 64, 128, false",
    "4, V1, 160, 96, 128, false",
    "4, V2, 192, 160, 64, true",
    "4, V2, 96, 32, 20, false",
    "4, V1, 64, 64, 1, true",
    "8, V1, 64, 32, 64, false",
    "8, V2, 128, 64, 32, true"
  })
  void weightsAreThoseOfTheMatrix(
      int bits, ZeroPoints form, int in, int out, int groupSize, boolean shuffled) {
    SplittableRandom random = new SplittableRandom(bits * 1000L + in);
    int groups = GptqTensors.groups(in, groupSize);
    int[] index = new int[in];
    for (int i = 0; i < in; i++) {
      index[i] = i / groupSize;
    }
    for (int i = in - 1; shuffled && i > 0; i--) {
      int other = random.nextInt(i + 1);
      int group = index[i];
      index[i] = index[other];
      index[other] = group;
    }
    byte[] codes = new byte[in * out];
    byte[] zeros = new byte[groups * out];
    short[] scales = new short[groups * out];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) random.nextInt(1 << bits);
    }
    for (int i = 0; i < zeros.length; i++) {
      // A zero point of 0 borrows from its neighbour in format v1.
      zeros[i] = (byte) random.nextInt(form == ZeroPoints.V2 ? 0 : 1, 1 << bits);
      scales[i] = Float.floatToFloat16((float) random.nextDouble(0.01, 1));
    }
    GptqMatrix matrix = new GptqMatrix(bits, in, out, codes, scales, zeros, index);
    try (Arena arena = Arena.ofConfined()) {
      PackedMatrixContract.check(panels(matrix, form, arena), matrix.dequantized());
    }
  }

  private static GptqPanels panels(GptqMatrix matrix, ZeroPoints form, Arena arena) {
    return GptqPanels.of(
        matrix.bits(),
        matrix.in(),
        matrix.out(),
        MemorySegment.ofArray(matrix.qweight()),
        matrix.qzeros(form),
        form,
        matrix.scales(),
        matrix.groupIndex(),
        arena);
  }

  @Test
  void groupsThatAreNotThereAreRefused() {
    int[] index = new int[32];
    index[5] = 1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment words = arena.allocate(4 * 32 * Integer.BYTES);
      int[] zeros = new int[4];
      assertThatThrownBy(
              () ->
                  GptqPanels.of(
                      4, 32, 32, words, zeros, ZeroPoints.V2, new short[32], index, arena))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
