package dev.lqmf.quant;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.tensor.TensorType;
import dev.lqmf.testkit.EncoderCase;
import dev.lqmf.testkit.SeededRows;
import dev.lqmf.testkit.SeededRows.Distribution;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs once for every vector width: the build starts a JVM for each. */
@Tag("vector-width")
class VectorFormatsTest extends BlockFormatContract {
  private final Kernels kernels = new VectorKernels();
  private final Kernels scalar = new ScalarKernels();

  @Override
  Kernels kernels() {
    return kernels;
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void givesWhatTheScalarKernelsGive(TensorType type) {
    int unit = type.blockElements() == 1 ? 1 : type.blockElements();
    List<String> wrong = new ArrayList<>();
    long seed = 900;
    for (Distribution distribution : Distribution.values()) {
      for (int blocks : new int[] {4, 9, 15, 31}) {
        for (boolean weighted : new boolean[] {false, true}) {
          EncoderCase input = new EncoderCase(distribution, seed++, 2, blocks * unit, weighted);
          byte[] encoded = encode(type, input);
          byte[] expected = encode(scalar, type, input);
          if (!Arrays.equals(encoded, expected)) {
            wrong.add(input.toString());
          }
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("encoders")
  void decodesWhatTheScalarKernelsDecode(TensorType type) {
    for (int blocks : new int[] {1, 2, 7, 13, 29, 207}) {
      byte[] bytes = SeededRows.bytes(blocks, blocks * type.blockBytes());
      assertThat(decode(kernels, type, bytes))
          .usingComparator(Arrays::compare)
          .isEqualTo(decode(scalar, type, bytes));
    }
  }
}
