package dev.lqmf.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lqmf.quant.mix.GgufFileType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WarmStartTest {
  @Test
  void findsTheTypes() {
    assertThat(WarmStart.types(List.of("quantize", "model"))).containsExactly(GgufFileType.Q4_K_M);
    assertThat(WarmStart.types(List.of("quantize", "model", "-t", "q6_k,Q8_0")))
        .containsExactly(GgufFileType.Q6_K, GgufFileType.Q8_0);
    assertThat(WarmStart.types(List.of("quantize", "--type=Q2_K", "model")))
        .containsExactly(GgufFileType.Q2_K);
  }

  @Test
  void findsTheModel(@TempDir Path directory) throws IOException {
    Path model = Files.createDirectory(directory.resolve("model"));
    Files.write(model.resolve("a"), new byte[30]);
    Files.write(model.resolve("b"), new byte[12]);
    assertThat(WarmStart.likelyWeights(List.of("quantize", "org/none", "--type", "\0"))).isZero();
    assertThat(WarmStart.likelyWeights(List.of("quantize", model.toString()))).isEqualTo(21);
    assertThat(WarmStart.likelyWeights(List.of("quantize", model.resolve("a").toString())))
        .isEqualTo(15);
  }
}
