package dev.lqmf.quant.gptq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lqmf.tensor.InputException;
import dev.lqmf.tensor.TensorInfo;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The layout, against its definition and against words that GPTQModel writes. */
class GptqMatrixTest {
  private static final int IN = 96;
  private static final int OUT = 64;
  private static final int GROUPS = 3;

  private static GptqMatrix random(int bits, long seed) {
    Random random = new Random(seed);
    byte[] codes = new byte[IN * OUT];
    byte[] zeros = new byte[GROUPS * OUT];
    short[] scales = new short[GROUPS * OUT];
    int[] index = new int[IN];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) random.nextInt(1 << bits);
    }
    for (int i = 0; i < zeros.length; i++) {
      zeros[i] = (byte) random.nextInt(1, 1 << bits);
      scales[i] = Float.floatToFloat16(random.nextFloat());
    }
    Arrays.setAll(index, _ -> random.nextInt(GROUPS));
    return new GptqMatrix(bits, IN, OUT, codes, scales, zeros, index);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void codesOfAnOutputAreOneLittleEndianNumber(int bits) {
    GptqMatrix matrix = random(bits, bits);
    int[] words = matrix.qweight();

    for (int o = 0; o < OUT; o++) {
      BigInteger stored = BigInteger.ZERO;
      for (int w = IN * bits / 32 - 1; w >= 0; w--) {
        stored = stored.shiftLeft(32).or(BigInteger.valueOf(words[w * OUT + o] & 0xFFFFFFFFL));
      }
      BigInteger expected = BigInteger.ZERO;
      for (int i = IN - 1; i >= 0; i--) {
        expected = expected.shiftLeft(bits).or(BigInteger.valueOf(matrix.code(o, i)));
      }
      assertThat(stored).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @EnumSource(ZeroPoints.class)
  void whatIsPackedIsUnpacked(ZeroPoints form) {
    for (int bits : new int[] {2, 3, 4, 8}) {
      GptqMatrix matrix = random(bits, 17 + bits);

      GptqMatrix read =
          GptqMatrix.unpack(
              bits,
              IN,
              OUT,
              matrix.qweight(),
              matrix.qzeros(form),
              form,
              matrix.scales(),
              matrix.groupIndex());

      assertThat(read).isEqualTo(matrix);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void v1StoresOneLess(int bits) {
    GptqMatrix matrix = random(bits, 5);
    byte[] less = matrix.zeros();
    for (int i = 0; i < less.length; i++) {
      less[i]--;
    }
    GptqMatrix lower =
        new GptqMatrix(
            bits, IN, OUT, new byte[IN * OUT], matrix.scales(), less, matrix.groupIndex());

    assertThat(matrix.qzeros(ZeroPoints.V1)).isEqualTo(lower.qzeros(ZeroPoints.V2));
  }

  private static int[] symmetric(int bits, ZeroPoints form) {
    byte[] zeros = new byte[GROUPS * OUT];
    Arrays.fill(zeros, (byte) (1 << (bits - 1)));
    return new GptqMatrix(
            bits, IN, OUT, new byte[IN * OUT], new short[GROUPS * OUT], zeros, new int[IN])
        .qzeros(form);
  }

  @ParameterizedTest
  @CsvSource({
    "2, 55555555, aaaaaaaa",
    "4, 77777777, 88888888",
    "8, 7f7f7f7f, 80808080",
  })
  void symmetricWordsAreThoseOfGptqModel(int bits, String v1, String v2) {
    assertThat(symmetric(bits, ZeroPoints.V1)).containsOnly(Integer.parseUnsignedInt(v1, 16));
    assertThat(symmetric(bits, ZeroPoints.V2)).containsOnly(Integer.parseUnsignedInt(v2, 16));
  }

  /** The last as earlier versions of GPTQModel wrote them. */
  @ParameterizedTest
  @CsvSource({
    "V1, db6db6db, b6db6db6, 6db6db6d",
    "V2, 24924924, 49249249, 92492492",
    "V1_EXCHANGED, 0, b6db6db7, 49249249",
  })
  void threeBitsFillThreeWords(ZeroPoints form, String first, String second, String third) {
    assertThat(Arrays.stream(symmetric(3, form)).limit(3).mapToObj(Integer::toHexString))
        .containsExactly(first, second, third);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void symmetricZeroPointsTellTheirForm(int bits) {
    for (ZeroPoints form : ZeroPoints.values()) {
      ZeroPoints expected = form == ZeroPoints.V1_EXCHANGED && bits != 3 ? ZeroPoints.V1 : form;
      assertThat(ZeroPoints.ofSymmetric(bits, symmetric(bits, form))).contains(expected);
    }
    assertThat(ZeroPoints.ofSymmetric(bits, random(bits, 3).qzeros(ZeroPoints.V1))).isEmpty();
  }

  @Test
  void weightsAreScaledDifferences() {
    GptqMatrix matrix = random(3, 9);
    float[] weights = matrix.dequantized();

    for (int o = 0; o < OUT; o++) {
      for (int i = 0; i < IN; i++) {
        int at = matrix.groupIndex()[i] * OUT + o;
        float expected =
            Float.float16ToFloat(matrix.scales()[at]) * (matrix.code(o, i) - matrix.zeros()[at]);
        assertThat(weights[o * IN + i]).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 8})
  void tensorsHaveTheSizesThatAreAnnounced(int bits) {
    List<TensorInfo> infos = GptqTensors.infos("m", bits, IN, OUT, 32);
    List<MemorySegment> bytes = GptqTensors.bytes(random(bits, 1), ZeroPoints.V1);

    assertThat(infos.stream().map(TensorInfo::name))
        .containsExactly("m.qweight", "m.qzeros", "m.scales", "m.g_idx");
    assertThat(infos.stream().map(TensorInfo::byteSize))
        .isEqualTo(bytes.stream().map(MemorySegment::byteSize).toList());
  }

  @Test
  void whatCannotBeStoredIsRefused() {
    assertThatThrownBy(
            () ->
                new GptqMatrix(
                    4, 40, 64, new byte[40 * 64], new short[64], new byte[64], new int[40]))
        .isInstanceOf(IllegalArgumentException.class);
    byte[] tooLarge = new byte[32 * 32];
    tooLarge[7] = 4;
    assertThatThrownBy(
            () -> new GptqMatrix(2, 32, 32, tooLarge, new short[32], new byte[32], new int[32]))
        .hasMessageContaining("codes: 4");
    int[] beyond = new int[32];
    beyond[3] = 1;
    assertThatThrownBy(
            () -> new GptqMatrix(2, 32, 32, new byte[32 * 32], new short[32], new byte[32], beyond))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new GptqSettings(5, 128, true, false, false, 0.05))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("5 bits");
    assertThatThrownBy(() -> new GptqSettings(4, 48, true, false, false, 0.05))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() -> new GptqSettings(4, 128, true, false, false, 0))
        .isInstanceOf(InputException.class);
  }
}
