package dev.lqmf.quant.bnb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.quant.VectorKernels;
import dev.lqmf.quant.format.SixteenLevels;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs once for every vector width: the build starts a JVM for each. */
@Tag("vector-width")
class VectorNearestTest {
  private static final Kernels VECTOR = new VectorKernels();

  static Stream<BnbGolden.Case> cases() {
    return BnbGolden.cases();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void codesAreThoseOfTheLibrary(BnbGolden.Case golden) {
    float[] values = golden.values();
    float[] absmax = new float[Math.ceilDiv(values.length, golden.blockSize())];
    byte[] packed = new byte[(int) FourBitFormat.packedBytes(values.length)];

    golden.format().encode(VECTOR, values, 0, values.length, golden.blockSize(), absmax, 0, packed);

    assertThat(packed).isEqualTo(golden.packed());
  }

  @ParameterizedTest
  @EnumSource
  void numbersBesideTheMidpointsGetTheCodesOfTheScalarKernels(FourBitFormat format) {
    SixteenLevels levels = new SixteenLevels(format.levels());
    float[] values = new float[4096 + 6];
    SplittableRandom random = new SplittableRandom(5);
    float[] midpoints = Arrays.copyOf(levels.midpoints(), SixteenLevels.COUNT - 1);
    for (int i = 0; i < values.length; i++) {
      float middle = midpoints[random.nextInt(midpoints.length)];
      values[i] =
          switch (random.nextInt(5)) {
            case 0 -> middle;
            case 1 -> Math.nextUp(middle);
            case 2 -> Math.nextDown(middle);
            case 3 -> random.nextBoolean() ? -0.0f : Math.nextUp(1f);
            default -> (float) random.nextDouble(-1, 1);
          };
    }
    for (int count : new int[] {2, 30, 32, 34, 4096, 4102}) {
      byte[] expected = new byte[count / 2 + 3];
      byte[] codes = new byte[count / 2 + 3];
      int offset = values.length - count;

      new ScalarKernels().nearest(levels).encode(values, offset, count, 1, expected, 3);
      VECTOR.nearest(levels).encode(values, offset, count, 1, codes, 3);

      assertThat(codes).isEqualTo(expected);
    }
  }
}
