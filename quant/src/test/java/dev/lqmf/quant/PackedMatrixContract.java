package dev.lqmf.quant;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;

/** What every packed matrix does, and its fastest twin as well. */
public final class PackedMatrixContract {
  private static final int UNWRITTEN = 3;

  private PackedMatrixContract() {}

  /**
   * Checks both ways of computing.
   *
   * @param weights {@code [out, in]}, exact
   */
  public static void check(PackedMatrix matrix, float[] weights) {
    PackedMatrix fastest = new VectorKernels().fastest(matrix);
    assertThat(fastest).isNotSameAs(matrix);
    for (PackedMatrix m : new PackedMatrix[] {matrix, fastest}) {
      assertThat((long) m.out() * m.in()).isEqualTo(weights.length);
      assertThat(m.bytes()).isPositive();
      int out = m.out();
      int unit = m.unit();
      int middle = out / unit / 2 * unit;
      for (int[] range : new int[][] {{0, out}, {0, unit}, {middle, out - middle}, {out, 0}}) {
        decodes(m, range[0], range[1], weights);
        multiplies(m, range[0], range[1], weights);
      }
    }
    sameBits(matrix, fastest);
  }

  /** It must not show which of them has computed what, nor in how many pieces. */
  private static void sameBits(PackedMatrix matrix, PackedMatrix fastest) {
    int out = matrix.out();
    float[] x = inputs(matrix.in(), 1);
    float[] expected = new float[out];
    matrix.multiply(matrix.arranged(x), 0, out, expected, 0);
    for (PackedMatrix m : new PackedMatrix[] {matrix, fastest}) {
      for (int step : new int[] {out, m.unit(), 2 * m.unit()}) {
        float[] y = new float[out];
        for (int first = 0; first < out; first += step) {
          m.multiply(m.arranged(x), first, Math.min(step, out - first), y, 0);
        }
        assertThat(y).as("%s by %d", m.getClass().getSimpleName(), step).isEqualTo(expected);
      }
    }
    assertThat(decoded(fastest, 0, out)).isEqualTo(decoded(matrix, 0, out));
  }

  private static float[] inputs(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] x = new float[count];
    for (int i = 0; i < count; i++) {
      x[i] = (float) random.nextDouble(-1, 1);
    }
    return x;
  }

  private static void decodes(PackedMatrix m, int first, int count, float[] weights) {
    int in = m.in();
    float[] expected = new float[count * in];
    for (int o = 0; o < count; o++) {
      for (int i = 0; i < in; i++) {
        expected[m.byInput() ? i * count + o : o * in + i] = weights[(first + o) * in + i];
      }
    }
    float[] decoded = decoded(m, first, count);
    for (int i = 0; i < decoded.length; i++) {
      decoded[i] += 0; // -0 and +0 are the same weight
      expected[i] += 0;
    }
    assertThat(decoded).isEqualTo(expected);
  }

  private static float[] decoded(PackedMatrix m, int first, int count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate((long) count * m.in() * Float.BYTES, Float.BYTES);
      m.decode(first, count, target);
      return target.toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static void multiplies(PackedMatrix m, int first, int count, float[] weights) {
    int in = m.in();
    float[] x = inputs(in, in * 31L + count);
    float[] y = new float[m.out() + 2 * UNWRITTEN];
    Arrays.fill(y, Float.NaN);
    m.multiply(m.arranged(x), first, count, y, UNWRITTEN);
    for (int o = 0; o < m.out(); o++) {
      if (o < first || o >= first + count) {
        assertThat(y[UNWRITTEN + o]).isNaN();
        continue;
      }
      double sum = 0;
      double magnitude = 0;
      for (int i = 0; i < in; i++) {
        double product = (double) x[i] * weights[o * in + i];
        sum += product;
        magnitude += Math.abs(product);
      }
      assertThat((double) y[UNWRITTEN + o])
          .as("%s, output %d of %d × %d", m.getClass().getSimpleName(), o, m.out(), in)
          .isBetween(sum - 1e-5 * magnitude - 1e-30, sum + 1e-5 * magnitude + 1e-30);
    }
    for (int i = 0; i < UNWRITTEN; i++) {
      assertThat(y[i]).isNaN();
      assertThat(y[y.length - 1 - i]).isNaN();
    }
  }
}
