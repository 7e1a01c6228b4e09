package dev.lqmf.torch.gptq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.quant.gptq.GptqSettings;
import dev.lqmf.tensor.InputException;
import dev.lqmf.testkit.TinyModels;
import dev.lqmf.torch.Floats;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Single matrices, against the class GPTQ of IST-DASLab/gptq. */
class GptqSolverTest {
  private static final int IN = 256;

  /** Rows of the reference's matrix. */
  private static final int ROWS = 48;

  /** The layout needs a multiple of 32; rows do not depend on each other, so some come twice. */
  private static final int OUT = 64;

  private static final Consumer<String> NO_WARNING =
      message -> {
        throw new AssertionError(message);
      };

  @TempDir private static Path directory;
  private static TinyModels.Values values;

  @BeforeAll
  static void read() throws IOException {
    values = GptqFixtures.values("unit.safetensors", directory);
  }

  static Stream<Arguments> cases() {
    return JsonMapper.shared().readTree(GptqFixtures.bytes("unit.json")).values().stream()
        .map(c -> Arguments.argumentSet(c.get("name").stringValue(), c));
  }

  private static GptqSettings settings(JsonNode c) {
    return new GptqSettings(
        c.get("bits").intValue(),
        c.get("groupsize").intValue(),
        c.get("sym").booleanValue(),
        c.path("actorder").booleanValue(false),
        c.path("static_groups").booleanValue(false),
        c.get("percdamp").doubleValue());
  }

  private static Tensor tensor(float[] values, long... shape) {
    return Floats.floats(new Device(DeviceType.CPU), ScalarType.Float, values, shape);
  }

  private static float[] weights() {
    float[] w = Arrays.copyOf(values.real("W"), OUT * IN);
    System.arraycopy(w, 0, w, ROWS * IN, (OUT - ROWS) * IN);
    return w;
  }

  private static Tensor hessian() {
    HessianSum sum = new HessianSum();
    float[] x = values.real("X");
    int rows = x.length / IN;
    // As sequences come: part by part.
    for (int r = 0; r < rows; r += 64) {
      sum.add(HessianSum.product(tensor(Arrays.copyOfRange(x, r * IN, (r + 64) * IN), 64, IN)), 64);
    }
    Tensor mean = sum.mean(5);
    assertThat(sum.rows()).isEqualTo(rows);
    sum.close();
    return mean;
  }

  /** Σ (X (q − w)ᵀ)². */
  private static double outputError(float[] quantized) {
    float[] w = values.real("W");
    float[] x = values.real("X");
    double sum = 0;
    for (int r = 0; r < x.length / IN; r++) {
      for (int o = 0; o < ROWS; o++) {
        double y = 0;
        for (int i = 0; i < IN; i++) {
          y += x[r * IN + i] * ((double) quantized[o * IN + i] - w[o * IN + i]);
        }
        sum += y * y;
      }
    }
    return sum;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultsAreThoseOfTheReference(JsonNode c) {
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      Tensor weight = tensor(weights(), OUT, IN);

      GptqSolver.Solution solution =
          new GptqSolver(settings(c), false).solve(weight, hessian(), NO_WARNING, () -> {});

      float[] found = Arrays.copyOf(Floats.vector(weight), ROWS * IN);
      float[] expected = values.real(c.get("name").stringValue() + ".Q");
      int different = 0;
      for (int i = 0; i < expected.length; i++) {
        different += Math.abs(found[i] - expected[i]) <= 1e-5f * Math.abs(expected[i]) ? 0 : 1;
      }
      double error = outputError(found);
      double reference = c.get("output_squared_error").doubleValue();
      assertThat(error).isBetween(0.98 * reference, 1.02 * reference);
      assertThat(error).isLessThan(0.6 * c.get("rtn_output_squared_error").doubleValue());
      assertThat((double) different / expected.length).isLessThan(0.02);
      assertThat(solution.damp()).isEqualTo(0.01);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatIsStoredIsWhatIsComputedWith(JsonNode c) {
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      Tensor weight = tensor(weights(), OUT, IN);

      GptqSolver.Solution solution =
          new GptqSolver(settings(c)).solve(weight, hessian(), NO_WARNING, () -> {});

      float[] found = Floats.vector(weight);
      assertThat(solution.matrix().dequantized()).isEqualTo(found);
      double reference = c.get("output_squared_error").doubleValue();
      assertThat(outputError(found)).isBetween(0.95 * reference, 1.05 * reference);
    }
  }

  @Test
  void lossIsHalfTheErrorOfTheOutputs() {
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      float[] w = values.real("W");
      Tensor weight = tensor(Arrays.copyOf(w, 32 * IN), 32, IN);
      Tensor whole = tensor(w, ROWS, IN).narrow(0, 0, 32);

      GptqSolver.Solution solution =
          new GptqSolver(GptqSettings.DEFAULTS).solve(weight, hessian(), NO_WARNING, () -> {});

      Tensor difference = weight.sub(whole);
      Tensor damped = hessian();
      Tensor diagonal = damped.diagonal(0, 0, 1);
      // Dead inputs are set to zero and count with a diagonal of one.
      diagonal.masked_fill_(diagonal.eq(new Scalar(0.0f)), new Scalar(1.0f));
      diagonal.add_(new Scalar((float) (0.05 * diagonal.mean().item_double())));
      difference.select(1, 5).zero_();
      difference.select(1, 130).zero_();
      double expected = difference.mm(damped).mul_(difference).sum().item_double() / 2;
      assertThat(solution.loss()).isCloseTo(expected, withinRelative(0.01, expected));
    }
  }

  private static Offset<Double> withinRelative(double part, double of) {
    return Offset.offset(part * of);
  }

  @Test
  void moreDampingIsSaidAloud() {
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      Tensor hessian = hessian();
      // Correlations beyond 1: no inputs could give them.
      float scale = (float) (hessian.diagonal(0, 0, 1).mean().item_double() * 1.2);
      hessian.select(0, 1).narrow(0, 2, 1).fill_(new Scalar(scale));
      hessian.select(0, 2).narrow(0, 1, 1).fill_(new Scalar(scale));
      List<String> warnings = new ArrayList<>();
      Tensor weight = tensor(weights(), OUT, IN);

      GptqSolver.Solution solution =
          new GptqSolver(GptqSettings.DEFAULTS).solve(weight, hessian, warnings::add, () -> {});

      assertThat(warnings).isNotEmpty();
      assertThat(warnings.getFirst())
          .isEqualTo("the Hessian is not positive definite with a damping of 0.0500, trying 0.100");
      assertThat(solution.damp()).isGreaterThan(0.05);
      assertThat(solution.loss()).isFinite();
    }
  }

  @Test
  void activationsThatAreNotFiniteAreRefused() {
    try (InferenceMode _ = new InferenceMode(true);
        PointerScope _ = new PointerScope()) {
      Tensor hessian = hessian();
      hessian.select(0, 7).fill_(new Scalar(Float.NaN));

      assertThatThrownBy(
              () ->
                  new GptqSolver(GptqSettings.DEFAULTS)
                      .solve(tensor(weights(), OUT, IN), hessian, NO_WARNING, () -> {}))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("not finite");
    }
  }

  /** All weights of one sign, none at all, and some too small for a scale in float16. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void unusualGroupsAreStoredAsWellAsOthers(int bits) {
    for (boolean symmetric : new boolean[] {false, true}) {
      try (InferenceMode _ = new InferenceMode(true);
          PointerScope _ = new PointerScope()) {
        float[] w = weights();
        for (int i = 0; i < IN; i++) {
          w[i] = 1 + Math.abs(w[i]);
          w[IN + i] = -1 - Math.abs(w[IN + i]);
          w[2 * IN + i] = 0;
          w[3 * IN + i] *= 1e-12f;
        }
        Tensor weight = tensor(w, OUT, IN);
        Tensor identity = torch.eye(IN, new TensorOptions(ScalarType.Float));

        GptqSolver.Solution solution =
            new GptqSolver(new GptqSettings(bits, 128, symmetric, false, false, 0.01))
                .solve(weight, identity, NO_WARNING, () -> {});

        float[] found = Floats.vector(weight);
        for (byte zero : solution.matrix().zeros()) {
          assertThat(zero & 0xFF).isGreaterThan(0);
        }
        float step = symmetric ? 2f : 1f;
        int levels = (1 << bits) - 2;
        for (int i = 0; i < 2 * IN; i++) {
          float largest = 1 + 6; // no weight is larger
          assertThat(Math.abs(found[i] - w[i])).isLessThan(step * largest / levels);
        }
        for (int i = 2 * IN; i < 4 * IN; i++) {
          assertThat(found[i]).isBetween(-1e-6f, 1e-6f);
        }
      }
    }
  }
}
