package dev.lqmf.quant.bnb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.lqmf.quant.Kernels;
import dev.lqmf.quant.ScalarKernels;
import dev.lqmf.tensor.Shape;
import dev.lqmf.tensor.TensorInfo;
import dev.lqmf.tensor.TensorType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class BnbFormatsTest {
  private static final Kernels KERNELS = new ScalarKernels();

  static Stream<BnbGolden.Case> cases() {
    return BnbGolden.cases();
  }

  static Stream<String> int8() {
    return BnbGolden.INPUTS
        .names()
        .filter(n -> BnbGolden.INT8.has(n + ".int8.thr0.from_float16.CB"));
  }

  @Test
  void allCasesOfTheReferenceAreFound() {
    assertThat(cases()).hasSizeGreaterThan(80);
    assertThat(int8()).hasSizeGreaterThan(8);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void codesAndScalesAreThoseOfTheLibrary(BnbGolden.Case golden) {
    float[] absmax = new float[scales(golden)];
    byte[] packed = encode(golden, absmax);

    assertThat(packed).isEqualTo(golden.packed());
    if (golden.nested()) {
      NestedScales nested = NestedScales.of(absmax);
      assertThat(nested.codes()).isEqualTo(golden.part("absmax"));
      assertThat(BnbGolden.bytes(nested.nested())).isEqualTo(golden.part("nested_absmax"));
      assertThat(state(golden).withOffset(nested.offset()).toBytes())
          .asString(StandardCharsets.UTF_8)
          .isEqualTo(new String(goldenState(golden), StandardCharsets.UTF_8));
    } else {
      assertThat(BnbGolden.bytes(absmax)).isEqualTo(golden.part("absmax"));
      assertThat(state(golden).toBytes()).isEqualTo(goldenState(golden));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void decodedWeightsAreLevelsTimesScales(BnbGolden.Case golden) {
    String reference = golden.name() + ".dequantized";
    if (!BnbGolden.FOUR_BIT.has(reference)) {
      // Kept for small inputs only; the checkpoint reader's tests decode large ones.
      assertThat(golden.shape().elements()).isGreaterThan(2048);
      return;
    }
    float[] absmax = new float[scales(golden)];
    byte[] packed = encode(golden, absmax);
    float[] decoded = new float[(int) golden.shape().elements()];

    golden
        .format()
        .decode(
            packed,
            0,
            0,
            golden.blockSize(),
            golden.nested() ? NestedScales.of(absmax).absmax() : absmax,
            decoded,
            0,
            decoded.length);

    assertThat(decoded).isEqualTo(BnbGolden.FOUR_BIT.floats(reference));
  }

  @ParameterizedTest
  @MethodSource("int8")
  void rowsOfEightBitsAreThoseOfTheLibrary(String input) {
    TensorInfo info = BnbGolden.INPUTS.info(input);
    float[] values = BnbGolden.INPUTS.floats(input);
    int columns = (int) info.shape().rowLength();
    byte[] codes = new byte[values.length];
    float[] scales = new float[values.length / columns];
    for (int row = 0; row < scales.length; row++) {
      scales[row] = Int8Rows.encode(values, row * columns, columns, codes, row * columns);
    }

    String reference = input + ".int8.thr0.from_float16.";
    assertThat(codes).isEqualTo(BnbGolden.INT8.bytes(reference + "CB"));
    assertThat(scales).isEqualTo(BnbGolden.INT8.floats(reference + "SCB"));
  }

  @Test
  void levelsAreThoseOfTheLibrary() {
    assertThat(FourBitFormat.NF4.levels()).isEqualTo(BnbGolden.FOUR_BIT.floats("nf4.quant_map"));
    assertThat(FourBitFormat.FP4.levels()).isEqualTo(BnbGolden.FOUR_BIT.floats("fp4.quant_map"));
    assertThat(NestedScales.levels()).isEqualTo(BnbGolden.FOUR_BIT.floats("nested_quant_map"));
  }

  /** Where the kernels of the wild differ from the CPU backend, both decode alike or to a tie. */
  @ParameterizedTest
  @MethodSource("cases")
  void cudaCodesDecodeToEquallyNearWeights(BnbGolden.Case golden) {
    String reference = golden.name() + ".kernel_tree.weight";
    if (!BnbGolden.FOUR_BIT.has(reference)) {
      return;
    }
    float[] absmax = new float[scales(golden)];
    encode(golden, absmax);
    float[] ours = new float[(int) golden.shape().elements()];
    float[] theirs = ours.clone();
    golden.format().decode(golden.packed(), 0, 0, golden.blockSize(), absmax, ours, 0, ours.length);
    golden
        .format()
        .decode(
            BnbGolden.FOUR_BIT.bytes(reference),
            0,
            0,
            golden.blockSize(),
            absmax,
            theirs,
            0,
            theirs.length);
    float[] values = golden.values();
    for (int i = 0; i < values.length; i++) {
      float scale = absmax[i / golden.blockSize()];
      assertThat(Math.abs(ours[i] - values[i]))
          .isCloseTo(Math.abs(theirs[i] - values[i]), within(scale * 1e-3f));
    }
  }

  /** Every weight gets the code that a search over all levels finds. */
  @ParameterizedTest
  @EnumSource
  void everyCodeIsTheNearestLevel(FourBitFormat format) {
    Random random = new Random(3);
    float[] values = new float[4096];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    values[7] = 1;
    float[] absmax = new float[1];
    byte[] packed = new byte[values.length / 2];
    format.encode(KERNELS, values, 0, values.length, values.length, absmax, 0, packed);
    float[] decoded = new float[values.length];
    format.decode(packed, 0, 0, values.length, absmax, decoded, 0, values.length);

    for (int i = 0; i < values.length; i++) {
      float best = Float.POSITIVE_INFINITY;
      for (float level : format.levels()) {
        best = Math.min(best, Math.abs(level - values[i]));
      }
      assertThat(Math.abs(decoded[i] - values[i])).isCloseTo(best, within(1e-6f));
    }
  }

  @Test
  void aSliceDecodesAsTheWhole() {
    float[] values = new float[96];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i);
    }
    float[] absmax = new float[3];
    byte[] packed = new byte[48];
    FourBitFormat.NF4.encode(KERNELS, values, 0, 96, 32, absmax, 0, packed);
    float[] whole = new float[96];
    FourBitFormat.NF4.decode(packed, 0, 0, 32, absmax, whole, 0, 96);
    float[] slice = new float[20];

    FourBitFormat.NF4.decode(packed, 15, 30, 32, absmax, slice, 1, 19);

    assertThat(Arrays.copyOfRange(slice, 1, 20)).isEqualTo(Arrays.copyOfRange(whole, 30, 49));
  }

  @Test
  void aRowOfZerosHasScaleZeroAndARowBeyondFloat16AnInfiniteOne() {
    byte[] codes = {1, 1, 1};
    assertThat(Int8Rows.encode(new float[3], 0, 3, codes, 0)).isZero();
    assertThat(codes).containsOnly(0);
    assertThat(Int8Rows.encode(new float[] {1, 70000, 2}, 0, 3, codes, 0)).isInfinite();
  }

  @Test
  void decodedRowsAreWithinHalfAStep() {
    float[] values = {0.5f, -1.5f, 0.25f, 1f};
    byte[] codes = new byte[4];
    float scale = Int8Rows.encode(values, 0, 4, codes, 0);
    float[] decoded = new float[4];
    Int8Rows.decode(codes, 0, scale, decoded, 0, 4);
    for (int i = 0; i < 4; i++) {
      assertThat(decoded[i]).isCloseTo(values[i], within(scale / 254 * 1.001f));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0.12717151641845703, 0.12717151641845703",
    "2.335079090902806e-30, 2.335079090902806e-30",
    "1, 1.0",
    "-0.5, -0.5",
    "0.0001, 0.0001",
    "0.00001, 1e-05",
    "1e16, 1e+16",
    "1234567890123456, 1234567890123456.0",
    "0, 0.0"
  })
  void numbersAreWrittenAsPythonDoes(double value, String text) {
    assertThat(QuantState.python(value)).isEqualTo(text);
  }

  @Test
  void aStateSurvivesItsText() throws IOException {
    QuantState state =
        QuantState.of(FourBitFormat.FP4, 128, TensorType.BF16, Shape.of(3, 70), true)
            .withOffset(0.1f);

    assertThat(QuantState.parse(state.toBytes())).isEqualTo(state);
    assertThat(state.maxBytes()).isGreaterThanOrEqualTo(state.toBytes().length);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|not a JSON object",
        "{|not valid JSON",
        "{\"quant_type\": \"int4\"}|quant_type is int4",
        "{\"quant_type\": \"nf4\", \"blocksize\": 0}|blocksize is 0",
        "{\"quant_type\": \"nf4\", \"blocksize\": 64, \"dtype\": \"int8\"}|dtype is int8",
        "{\"quant_type\": \"nf4\", \"blocksize\": 64, \"dtype\": \"float16\"}|shape is null"
      })
  void aDamagedStateIsRefused(String text, String problem) {
    assertThatThrownBy(() -> QuantState.parse(text.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(problem);
  }

  private static int scales(BnbGolden.Case golden) {
    return Math.toIntExact(Math.ceilDiv(golden.shape().elements(), (long) golden.blockSize()));
  }

  private static byte[] encode(BnbGolden.Case golden, float[] absmax) {
    float[] values = golden.values();
    byte[] packed = new byte[(int) FourBitFormat.packedBytes(values.length)];
    golden
        .format()
        .encode(KERNELS, values, 0, values.length, golden.blockSize(), absmax, 0, packed);
    return packed;
  }

  private static QuantState state(BnbGolden.Case golden) {
    return QuantState.of(
        golden.format(),
        golden.blockSize(),
        golden.input().type(),
        golden.shape(),
        golden.nested());
  }

  private static byte[] goldenState(BnbGolden.Case golden) {
    return golden.part(QuantState.key(golden.format()));
  }
}
