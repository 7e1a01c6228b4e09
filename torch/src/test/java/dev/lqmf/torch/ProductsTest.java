package dev.lqmf.torch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProductsTest {
  @BeforeAll
  static void load() {
    LibTorch.load();
  }

  /** Two tiles of weights, whose sums are rounded once, after the bias. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void widenedProductsAreTheExactOnesRounded(boolean biased) {
    int rows = 6;
    int in = 4096;
    int out = 300;
    Random random = new Random(3);
    float[] x = bfloat16(random, rows * in);
    float[] w = bfloat16(random, out * in);
    float[] b = bfloat16(random, out);
    float[] y;
    try (PointerScope _ = new PointerScope();
        InferenceMode _ = new InferenceMode(true)) {
      Tensor product =
          Products.widened(
              tensor(x, 2, rows / 2, in),
              tensor(w, out, in).to(ScalarType.BFloat16),
              biased
                  ? new TensorOptional(tensor(b, out).to(ScalarType.BFloat16))
                  : new TensorOptional());
      assertThat(product.scalar_type().intern()).isEqualTo(ScalarType.BFloat16);
      assertThat(product.sizes().vec().get()).containsExactly(2, rows / 2, out);
      y = Floats.vector(product);
    }
    for (int r = 0; r < rows; r++) {
      for (int o = 0; o < out; o++) {
        double exact = biased ? b[o] : 0;
        for (int i = 0; i < in; i++) {
          exact += (double) x[r * in + i] * w[o * in + i];
        }
        // Half a unit in the last of 8 bits, and the sums' own error.
        assertThat((double) y[r * out + o])
            .isCloseTo(exact, within(Math.abs(exact) * 0x1p-8 + 1e-4));
      }
    }
  }

  private static Offset<Double> within(double offset) {
    return Offset.offset(offset);
  }

  /** Numbers that bfloat16 holds. */
  private static float[] bfloat16(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      int bits = Float.floatToRawIntBits((float) random.nextGaussian());
      values[i] = Float.intBitsToFloat(bits & 0xffff0000);
    }
    return values;
  }

  private static Tensor tensor(float[] values, long... shape) {
    return Floats.floats(ComputeDevice.CPU.open(), ScalarType.Float, values, shape);
  }

  @Test
  void knowsProcessorsThatMultiplyBfloat16Fast() {
    String intel = "vendor_id\t: GenuineIntel";
    String amd = "vendor_id\t: AuthenticAMD";
    String plain = "flags\t\t: fpu avx2 fma avx512f";
    String bfloat16 = "flags\t\t: fpu avx2 fma avx512f avx512_bf16";
    assertThat(Products.fastBfloat16(List.of(intel, bfloat16))).isFalse();
    assertThat(Products.fastBfloat16(List.of(intel, bfloat16 + " amx_bf16 amx_tile"))).isTrue();
    assertThat(Products.fastBfloat16(List.of(amd, bfloat16))).isTrue();
    assertThat(Products.fastBfloat16(List.of(amd, plain))).isFalse();
    assertThat(Products.fastBfloat16(List.of())).isFalse();
  }
}
