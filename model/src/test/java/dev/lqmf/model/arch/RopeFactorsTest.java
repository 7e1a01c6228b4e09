package dev.lqmf.model.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Against PyTorch's bits, recorded by {@code interop/convert/rope_factors.py}. */
class RopeFactorsTest {

  @Test
  void givesPyTorchsBits() throws IOException {
    List<String> lines =
        Files.readAllLines(Path.of("src/test/resources/dev/lqmf/model/rope-factors.txt"));
    assertThat(lines).hasSize(72);
    for (String line : lines) {
      String[] parts = line.split(" ");
      float[] factors =
          RopeFactors.llama3(
              Integer.parseInt(parts[0]),
              Float.parseFloat(parts[1]),
              Double.parseDouble(parts[2]),
              Double.parseDouble(parts[3]),
              Double.parseDouble(parts[4]),
              Double.parseDouble(parts[5]));
      int[] bits = IntStream.range(6, parts.length).map(i -> Integer.parseInt(parts[i])).toArray();
      assertThat(factors).as(line).hasSize(bits.length);
      assertThat(
              IntStream.range(0, bits.length)
                  .map(i -> Float.floatToRawIntBits(factors[i]))
                  .toArray())
          .as(line)
          .isEqualTo(bits);
    }
  }
}
