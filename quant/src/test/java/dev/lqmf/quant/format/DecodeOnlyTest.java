package dev.lqmf.quant.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.quant.BlockFormat;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

class DecodeOnlyTest {
  private record Reference(Map<String, String> provenance, String F8_E4M3, String F8_E5M2) {}

  static BlockFormat[] float8() {
    return new BlockFormat[] {new F8_E4M3(), new F8_E5M2()};
  }

  @ParameterizedTest
  @MethodSource("float8")
  void every8BitFloatIsWhatPyTorchMakesOfIt(BlockFormat format) {
    Reference reference = reference();
    String digits = format instanceof F8_E4M3 ? reference.F8_E4M3() : reference.F8_E5M2();
    byte[] codes = new byte[256];
    for (int code = 0; code < codes.length; code++) {
      codes[code] = (byte) code;
    }
    float[] decoded = new float[256];
    format.decode(MemorySegment.ofArray(codes), 0, decoded, 0, decoded.length);

    for (int code = 0; code < codes.length; code++) {
      int bits = Integer.parseUnsignedInt(digits.substring(8 * code, 8 * code + 8), 16);
      assertSame(decoded[code], Float.intBitsToFloat(bits), "code " + code);
    }
  }

  @Test
  void doublesAreRoundedToTheNearestFloat() {
    double[] doubles = {
      0.1, 1 + 0x1p-24, 1 + 3 * 0x1p-24, -0.0, 0x1p-149, 0x1p-150, -0x1.8p-150, 1e300, Double.NaN
    };
    float[] expected = {
      0.1f, 1, 1 + 0x1p-22f, -0f, 0x1p-149f, 0, -0x1p-149f, Float.POSITIVE_INFINITY, Float.NaN
    };
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocate(8L * doubles.length + 3);
      for (int i = 0; i < doubles.length; i++) {
        source.set(LittleEndian.DOUBLE, 3 + 8L * i, doubles[i]);
      }
      float[] decoded = new float[doubles.length + 1];
      new F64().decode(source, 3, decoded, 1, doubles.length);

      for (int i = 0; i < doubles.length; i++) {
        assertSame(decoded[1 + i], expected[i], Double.toString(doubles[i]));
      }
    }
  }

  /** Zeros differ by their sign, NaNs do not differ. */
  private static void assertSame(float actual, float expected, String description) {
    assertThat(Float.floatToIntBits(actual))
        .as(description)
        .isEqualTo(Float.floatToIntBits(expected));
  }

  private static Reference reference() {
    try (InputStream in = DecodeOnlyTest.class.getResourceAsStream("/golden/torch/float8.json")) {
      return JsonMapper.builder().build().readValue(in, Reference.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
